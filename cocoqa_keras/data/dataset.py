"""An encoded data set, read from its folder and checked."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cocoqa_keras.data.dataset_files import (
    REMEDY,
    SPLITS,
    check_ids,
    check_padding,
    check_presence,
    check_widths,
    read_answers,
    read_image_names,
    read_question_words,
    read_split,
    read_types,
    types_path,
)
from cocoqa_keras.data.question_types import question_type
from cocoqa_keras.data.split import Split
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from cocoqa_keras.data.description import Description


@dataclass(frozen=True, eq=False)
class Dataset:
    """An encoded data set.

    Attributes:
        folder: where it was read from.
        train: the training part.
        valid: the validation part, or None where there is none or it is empty.
        test: the test part, or None likewise.
        question_words: the words of questions, with ids from 1.
        answers: the answers, with ids from 0.
        image_names: for each row of the image features, the name of its image (an MS-COCO id).
        given_types: for each part whose types a file tells, a `QuestionType` a question, int32 (N,).
    """

    folder: Path
    train: Split
    valid: Split | None
    test: Split | None
    question_words: Vocabulary
    answers: Vocabulary
    image_names: tuple[str, ...]
    given_types: Mapping[str, np.ndarray]

    @property
    def vocabulary_size(self) -> int:
        """The number of question words, `UNK` among them and the empty word not."""
        return len(self.question_words)

    @property
    def answer_count(self) -> int:
        """The number of answers, `UNK` among them."""
        return len(self.answers)

    @property
    def words_per_question(self) -> int:
        """The length T to which questions are padded."""
        return self.train.questions.shape[1]

    @property
    def image_count(self) -> int:
        """The number of images, and so of rows that the image features need."""
        return len(self.image_names)

    def splits(self) -> Iterator[tuple[str, Split]]:
        """The parts that there are, with their names."""
        for name in SPLITS:
            split = getattr(self, name)
            if split is not None:
                yield name, split

    def split(self, name: str) -> Split:
        """The part `train`, `valid` or `test`.

        Raises:
            InputError: the data set has no such part.
        """
        splits = dict(self.splits())
        if name not in splits:
            raise InputError(f"{self.folder}: no part {name!r}; it has {', '.join(splits)}")
        return splits[name]

    @property
    def question_types(self) -> np.ndarray | None:
        """A `QuestionType` per test question, int32 (N,), or None without a test part."""
        return None if self.test is None else self.types_of("test")

    def types_of(self, name: str) -> np.ndarray:
        """A `QuestionType` per question of a part, int32 (N,): as given, else guessed from the words."""
        if name in self.given_types:
            return self.given_types[name]
        guesses = [question_type(words) for words in self.words_of(name)]
        return np.array(guesses, dtype=np.int32)

    def words_of(self, name: str) -> list[list[str]]:
        """The words of each question of a part."""
        split = self.split(name)
        words = np.array(["", *self.question_words.words], dtype=object)
        return [
            words[question[:length]].tolist()
            for question, length in zip(split.questions, split.lengths.tolist(), strict=True)
        ]

    def frame(self, name: str) -> "pd.DataFrame":
        """A part as a table for notebooks; see `frames.frame_of`."""
        from cocoqa_keras.data.frames import frame_of

        return frame_of(self, name)

    def describe(self) -> "Description":
        """What the data set holds, to print or to show in a notebook."""
        from cocoqa_keras.data.description import Description
        from cocoqa_keras.data.statistics import DatasetStatistics

        return Description(DatasetStatistics.of(self))

    def fingerprint(self) -> str:
        """The SHA-256 of the content, in hexadecimal digits: equal for equal data, wherever they lie."""
        digest = hashlib.sha256()

        def add(name: str, array: np.ndarray) -> None:
            digest.update(f"{name} {array.shape}\n".encode())
            digest.update(np.ascontiguousarray(array, dtype="<i4").tobytes())

        for name, words in (
            ("question words", self.question_words.words),
            ("answers", self.answers.words),
            ("images", self.image_names),
        ):
            for line in (name, str(len(words)), *words):
                digest.update(f"{line}\n".encode())
        for name, split in self.splits():
            add(f"{name} images", split.image_ids)
            add(f"{name} questions", split.questions)
            add(f"{name} answers", split.answers)
        if self.question_types is not None:
            add("question types", self.question_types)
        return digest.hexdigest()


def load_dataset(folder: str | Path) -> Dataset:
    """Reads the encoded data set in `folder` and checks every id in it.

    `train.npy`, `qdict.pkl`, `ansdict.pkl` and `imgid_dict.pkl` must be there; `valid.npy` and `test.npy`
    may be missing, and so may the question types, `test-qtype.npy` and its like.

    Raises:
        InputError: a file is missing or damaged, or the files do not fit each other.

    Reference: the 2015 program's file formats.
    """
    folder = Path(folder)
    check_presence(folder)
    question_words, answers = read_question_words(folder), read_answers(folder)
    image_names = tuple(read_image_names(folder / "imgid_dict.pkl"))
    splits, given_types = {}, {}
    for name in SPLITS:
        path = folder / f"{name}.npy"
        if not path.exists():
            continue
        split = read_split(path)
        check_padding(path, split)
        check_ids(path, split, question_words, answers, len(image_names))
        if len(split):
            splits[name] = _as_int32(split)
            if types_path(folder, name).exists():
                given_types[name] = read_types(types_path(folder, name), len(split))
    if "train" not in splits:
        raise InputError(f"{folder / 'train.npy'}: there are no training examples; {REMEDY}")
    check_widths(folder, splits)
    return Dataset(
        folder=folder,
        train=splits["train"],
        valid=splits.get("valid"),
        test=splits.get("test"),
        question_words=question_words,
        answers=answers,
        image_names=image_names,
        given_types=given_types,
    )


def _as_int32(split: Split) -> Split:
    """The split in 32 bits, once its ids are known to fit, and in memory of its own: files hold 64 bits."""
    return Split(
        *(np.array(part, np.int32, order="C") for part in (split.image_ids, split.questions, split.answers))
    )
