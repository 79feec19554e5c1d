"""Encodes the COCO-QA text release into the files that the 2015 program trains from."""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cocoqa_keras.data.dataset import read_image_names
from cocoqa_keras.data.formats import write_array, write_pickle
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.data.vocabulary import Vocabulary, tokenize
from cocoqa_keras.errors import InputError

WORDS_PER_QUESTION = 55
VALIDATION_SHARE = 0.1


@dataclass(frozen=True)
class Examples:
    """Questions in words, entry by entry with their answers, images and types.

    Attributes:
        questions: the words of each question.
        answers: one answer each.
        images: the name of the image of each (an MS-COCO id).
        types: the `QuestionType` of each.
    """

    questions: Sequence[list[str]]
    answers: Sequence[str]
    images: Sequence[str]
    types: Sequence[int]

    def __len__(self) -> int:
        return len(self.answers)

    def __getitem__(self, part: slice) -> "Examples":
        return Examples(self.questions[part], self.answers[part], self.images[part], self.types[part])


@dataclass(frozen=True)
class EncodingSummary:
    """What was encoded: the numbers of examples, words, answers and images, and words per question."""

    train: int
    valid: int
    test: int
    question_words: int
    answers: int
    images: int
    words_per_question: int


def encode_cocoqa(
    source: str | Path, output: str | Path, image_index: str | Path | None = None
) -> EncodingSummary:
    """Encodes the COCO-QA text release.

    The last tenth of the training text becomes the validation part. Words and answers are those of the
    remaining training text, in order of first appearance, and `UNK`.

    Args:
        source: the folder with `train` and `test`, each with `questions.txt`, `answers.txt`,
            `img_ids.txt` and `types.txt`, aligned by line.
        output: the folder for the encoded files. It appears when all of them are whole. A data set that is
            there already is replaced, and other files beside it are kept.
        image_index: an `imgid_dict.pkl` that says which image each row of the features belongs to, or
            None to number the images of the text in order of their MS-COCO ids.

    Raises:
        InputError: the text is missing or damaged, an image is not in the index, or the output folder
            holds something else.

    Reference: Ren, Kiros and Zemel (2015), section 3.3; the 2015 program's file formats.
    """
    source, output = Path(source), Path(output)
    text, test = read_cocoqa_text(source / "train"), read_cocoqa_text(source / "test")
    if image_index is None:
        image_names = sorted({*text.images, *test.images}, key=int)
    else:
        image_names = read_image_names(image_index)
        for part, examples in (("train", text), ("test", test)):
            _check_images(source / part / "img_ids.txt", examples.images, image_names)
    train_count = len(text) - int(VALIDATION_SHARE * len(text))
    return write_encoded(output, text[:train_count], text[train_count:], test, image_names)


def read_cocoqa_text(folder: Path) -> Examples:
    """Reads one part (`train` or `test`) of the COCO-QA text release.

    Raises:
        InputError: a file is missing or not UTF-8, the files have different numbers of lines, or a line
            is empty or not of its kind.
    """
    lines = {
        name: _read_lines(folder / f"{name}.txt") for name in ("questions", "answers", "img_ids", "types")
    }
    count = len(lines["questions"])
    for name, others in lines.items():
        if len(others) != count:
            raise InputError(
                f"{folder / name}.txt has {len(others)} lines and questions.txt {count}: fetch the text anew"
            )
    questions = [tokenize(line) for line in lines["questions"]]
    _check_lines(folder / "questions.txt", map(bool, questions), "has no words")
    _check_lines(folder / "img_ids.txt", map(_is_number, lines["img_ids"]), "is not the number of an image")
    types = {str(int(kind)) for kind in QuestionType}
    _check_lines(folder / "types.txt", (line in types for line in lines["types"]), "is not a type, 0 to 3")
    return Examples(questions, lines["answers"], lines["img_ids"], [int(line) for line in lines["types"]])


def write_encoded(
    output: Path, train: Examples, valid: Examples, test: Examples, image_names: Sequence[str]
) -> EncodingSummary:
    """Writes the files of an encoded data set, all of them or none.

    Args:
        output: the folder; see `encode_cocoqa`.
        train: the training part, whose words and answers make the vocabularies.
        valid: the validation part.
        test: the test part.
        image_names: for each row of the image features, the name of its image.
    """
    question_words = Vocabulary.of_words((word for words in train.questions for word in words), first_id=1)
    answers = Vocabulary.of_words(train.answers, first_id=0)
    image_ids = {name: row + 1 for row, name in enumerate(image_names)}
    parts = {"train": train, "valid": valid, "test": test}
    longest = max(len(words) for part in parts.values() for words in part.questions)
    words_per_question = max(WORDS_PER_QUESTION, longest)

    with _whole_folder(output) as folder:
        for name, part in parts.items():
            inputs = np.zeros((len(part), 1 + words_per_question, 1), dtype=np.int64)
            for row, (image, words) in enumerate(zip(part.images, part.questions, strict=True)):
                inputs[row, 0, 0] = image_ids[image]
                inputs[row, 1 : 1 + len(words), 0] = question_words.encode(words)
            targets = np.array(answers.encode(part.answers), dtype=np.int64)[:, np.newaxis]
            write_array(folder / f"{name}.npy", _object_array([inputs, targets]))
        write_pickle(folder / "qdict.pkl", question_words.to_dict())
        write_pickle(folder / "ansdict.pkl", answers.to_dict())
        write_pickle(folder / "imgid_dict.pkl", list(image_names))
        vocabularies = [vocabulary for words in (question_words, answers) for vocabulary in _both_ways(words)]
        write_array(folder / "vocab-dict.npy", _object_array(vocabularies))
        write_array(folder / "test-qtype.npy", np.array(test.types, dtype=np.int64))
    return EncodingSummary(
        train=len(train),
        valid=len(valid),
        test=len(test),
        question_words=len(question_words),
        answers=len(answers),
        images=len(image_names),
        words_per_question=words_per_question,
    )


def _both_ways(vocabulary: Vocabulary) -> tuple[dict[str, int], list[str]]:
    return vocabulary.to_dict(), list(vocabulary.words)


def _object_array(values: Sequence[object]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    for position, value in enumerate(values):
        array[position] = value
    return array


def _read_lines(path: Path) -> list[str]:
    """The lines of a text file, stripped, of which there is at least one and none is empty."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; fetch the COCO-QA text anew") from error
    lines = []
    for number, line in enumerate(content.removesuffix(b"\n").split(b"\n"), 1):
        try:
            lines.append(line.decode("utf-8").strip())
        except UnicodeDecodeError as error:
            raise InputError(f"{path}, line {number}: not UTF-8 text; save the file as UTF-8") from error
    _check_lines(path, map(bool, lines), "is empty")
    return lines


def _check_lines(path: Path, is_right: Iterable[bool], fault: str) -> None:
    for number, right in enumerate(is_right, 1):
        if not right:
            raise InputError(f"{path}, line {number}: {fault}; mend the line or fetch the text anew")


def _is_number(line: str) -> bool:
    return line.isascii() and line.isdigit() and len(line) <= 18


def _check_images(path: Path, images: Sequence[str], image_names: Sequence[str]) -> None:
    known = set(image_names)
    for number, image in enumerate(images, 1):
        if image not in known:
            raise InputError(
                f"{path}, line {number}: the image {image} is not in the given index; give another index"
            )


@contextmanager
def _whole_folder(output: Path) -> Iterator[Path]:
    """Yields a temporary folder beside `output`, whose files appear in `output` when the block ends well."""
    if output.exists() and not (
        output.is_dir() and (not any(output.iterdir()) or (output / "qdict.pkl").exists())
    ):
        raise InputError(f"{output} exists and is not an encoded data set; give another output folder")
    temporary = output.absolute().with_name(f".{output.name}.{os.getpid()}")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if output.exists():
            _move_files(temporary, output)
        else:
            temporary.rename(output)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"cannot write {output}: {reason}; choose another folder or free some space"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _move_files(source: Path, target: Path) -> None:
    """Moves files, `train.npy` last: a move cut short leaves no data set, rather than a mixed one."""
    (target / "train.npy").unlink(missing_ok=True)
    for path in sorted(source.iterdir(), key=lambda path: path.name == "train.npy"):
        path.replace(target / path.name)
