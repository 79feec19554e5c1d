"""Encodes questions into the files that the 2015 program trains from."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cocoqa_keras.data.dataset_files import SPLITS, read_split
from cocoqa_keras.data.examples import Examples, Parts
from cocoqa_keras.data.formats import write_array, write_pickle
from cocoqa_keras.data.image_names import image_order
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError
from cocoqa_keras.files import atomic_folder

WORDS_PER_QUESTION = 55
_MARK = "qdict.pkl"  # tells a folder with an encoded data set


@dataclass(frozen=True)
class Encoding:
    """Questions, and the ids for their words, answers and images.

    Attributes:
        parts: the questions in words.
        question_words: the words of questions, with ids from 1.
        answers: the answers, with ids from 0.
        image_names: for each row of the image features, the name of its image; row r has the id r + 1.
        words_per_question: the length to which questions are padded.
    """

    parts: Parts
    question_words: Vocabulary
    answers: Vocabulary
    image_names: Sequence[str]
    words_per_question: int

    def sizes(self) -> dict[str, int]:
        """What there is of everything, by its name in plain words."""
        return {name: len(examples) for name, examples in self.parts.items()} | {
            "question words": len(self.question_words),
            "answers": len(self.answers),
            "images": len(self.image_names),
            "words per question": self.words_per_question,
            "questions left out": self.parts.left_out,
        }

    def of_type(self, kind: QuestionType) -> "Encoding":
        """The questions of one type, in the same order and with the same ids."""
        examples = {
            name: Examples.of(row for row in part if row.type == kind) for name, part in self.parts.items()
        }
        return replace(self, parts=Parts(**examples))


def choose_encoding(
    parts: Parts,
    image_names: Sequence[str] | None = None,
    min_count: int = 1,
    top_answers: int | None = None,
) -> Encoding:
    """Gives ids to words, answers and images.

    Words and answers are those of the training part, in order of first appearance, and `UNK`.

    Args:
        parts: the questions.
        image_names: for each row of existing image features, the name of its image, or None to number the
            images of the questions in order of their numbers and names.
        min_count: words that occur less often in the training part are `UNK`.
        top_answers: where it is given, only so many answers, the most frequent ones of the training part, are
            kept. Training and validation questions with other answers are left out; test questions with
            other answers stay, with the answer `UNK`.

    Raises:
        InputError: there are no training questions, or `image_names` lacks an image.

    Reference: the 2015 program's encoded files.
    """
    if top_answers is not None:
        parts = _with_frequent_answers(parts, top_answers)
    if not parts.train:
        raise InputError("there are no training questions; give a source with some")
    if image_names is None:
        image_names = sorted(_images(parts), key=image_order)
    else:
        _check_images(parts, image_names)
    longest = max(len(words) for _, part in parts.items() for words in part.questions)
    return Encoding(
        parts,
        Vocabulary.of_words(_frequent_words(parts.train.questions, min_count), first_id=1),
        Vocabulary.of_words(parts.train.answers, first_id=0),
        image_names,
        max(WORDS_PER_QUESTION, longest),
    )


def check_free(output: str | Path, per_type: bool = False) -> None:
    """Makes sure that writing an encoded data set would replace none.

    Args:
        output: the folder of the data set.
        per_type: a data set for each type of question would be written too; see `write_encoded_per_type`.

    Raises:
        InputError: there is one already; the message says how many questions it has.
    """
    output = Path(output)
    for folder in (output, *_folders_of_types(output).values()) if per_type else (output,):
        if (folder / _MARK).is_file():
            parts = ", ".join(f"{name} {_count(folder / f'{name}.npy')}" for name in SPLITS)
            raise InputError(
                f"{folder} holds a data set already, with questions in {parts}; choose another folder, or "
                f"give --replace to replace it"
            )


def write_encoded(output: str | Path, encoding: Encoding) -> None:
    """Writes the files of an encoded data set, all of them or none.

    Args:
        output: the folder. A data set that is there already is replaced, and other files beside it are kept.
        encoding: the data set.

    Raises:
        InputError: the folder holds something else, or cannot be written to.

    Reference: the 2015 program's file formats.
    """
    with atomic_folder(output, "an encoded data set", mark=_MARK, last="train.npy") as folder:
        for name, part in encoding.parts.items():
            write_array(folder / f"{name}.npy", _encode_part(encoding, part))
        write_pickle(folder / "qdict.pkl", encoding.question_words.to_dict())
        write_pickle(folder / "ansdict.pkl", encoding.answers.to_dict())
        write_pickle(folder / "imgid_dict.pkl", list(encoding.image_names))
        vocabularies = (*_both_ways(encoding.question_words), *_both_ways(encoding.answers))
        write_array(folder / "vocab-dict.npy", _object_array(vocabularies))
        write_array(folder / "test-qtype.npy", np.array(encoding.parts.test.types, dtype=np.int64))


def write_encoded_per_type(output: str | Path, encoding: Encoding) -> list[Path]:
    """Writes a data set for each type of question, for models that know one type only.

    Their words, answers and images have the ids of the whole data set, and their questions its order. So the
    answers of four models, each put where `test-qtype.npy` of the whole has its type, are answers to the
    whole test part. A type without training questions has no data set.

    Args:
        output: the folder of the whole data set; those of the types are beside it, such as `output-number`.
        encoding: the whole data set.

    Returns:
        the folders that were written.

    Raises:
        InputError: see `write_encoded`.

    Reference: Ren, Kiros and Zemel (2015), section 4.2 (the model IMG).
    """
    folders = []
    for kind, folder in _folders_of_types(Path(output)).items():
        of_type = encoding.of_type(kind)
        if of_type.parts.train:
            write_encoded(folder, of_type)
            folders.append(folder)
    return folders


def _folders_of_types(output: Path) -> dict[QuestionType, Path]:
    output = output if output.name else output.absolute()
    return {kind: output.with_name(f"{output.name}-{kind.name.lower()}") for kind in QuestionType}


def _count(path: Path) -> int | str:
    """How many questions a part has, as a message says it."""
    try:
        return len(read_split(path)) if path.exists() else 0
    except InputError:
        return "(damaged)"


def _with_frequent_answers(parts: Parts, count: int) -> Parts:
    frequent = {answer for answer, _ in Counter(parts.train.answers).most_common(count)}
    train, valid = (
        Examples.of(row for row in part if row.answer in frequent) for part in (parts.train, parts.valid)
    )
    dropped = len(parts.train) + len(parts.valid) - len(train) - len(valid)
    return Parts(train, valid, parts.test, parts.left_out + dropped)


def _frequent_words(questions: Sequence[list[str]], min_count: int) -> Iterable[str]:
    counts = Counter(word for words in questions for word in words)
    return (word for word, count in counts.items() if count >= min_count)


def _images(parts: Parts) -> set[str]:
    return {image for _, part in parts.items() for image in part.images}


def _check_images(parts: Parts, image_names: Sequence[str]) -> None:
    missing = sorted(_images(parts).difference(image_names), key=image_order)
    if missing:
        raise InputError(
            f"the image index lacks {len(missing)} of the images that are asked about, the first of them "
            f"{missing[0]}; give the index of features of all these images (--image-index)"
        )


def _encode_part(encoding: Encoding, part: Examples) -> np.ndarray:
    """Input int64 (N, 1 + T, 1), the image id first, and target int64 (N, 1)."""
    image_ids = {name: row + 1 for row, name in enumerate(encoding.image_names)}
    inputs = np.zeros((len(part), 1 + encoding.words_per_question, 1), dtype=np.int64)
    for row, (image, words) in enumerate(zip(part.images, part.questions, strict=True)):
        inputs[row, 0, 0] = image_ids[image]
        inputs[row, 1 : 1 + len(words), 0] = encoding.question_words.encode(words)
    targets = np.array(encoding.answers.encode(part.answers), dtype=np.int64)[:, np.newaxis]
    return _object_array([inputs, targets])


def _both_ways(vocabulary: Vocabulary) -> tuple[dict[str, int], list[str]]:
    return vocabulary.to_dict(), list(vocabulary.words)


def _object_array(values: Sequence[object]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    for position, value in enumerate(values):
        array[position] = value
    return array
