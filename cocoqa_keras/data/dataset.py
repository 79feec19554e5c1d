"""An encoded data set, read from its folder and checked."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cocoqa_keras.data.formats import read_array, read_pickle
from cocoqa_keras.data.question_types import QuestionType, question_type
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError

_REMEDY = "make the data anew with: cocoqa-data encode"


@dataclass(frozen=True, eq=False)
class Split:
    """Questions about images, with their answers: the training, validation or test part of a data set.

    Attributes:
        image_ids: int32 (N,), from 1: the image in row r of the features has the id r + 1.
        questions: int32 (N, T), word ids, 0 after the last word.
        answers: int32 (N,), answer ids from 0.
    """

    image_ids: np.ndarray
    questions: np.ndarray
    answers: np.ndarray

    def __len__(self) -> int:
        return len(self.answers)

    def take(self, rows: np.ndarray | slice) -> "Split":
        """The examples in `rows`: indices, a mask, or a slice."""
        return Split(self.image_ids[rows], self.questions[rows], self.answers[rows])

    @staticmethod
    def concatenate(first: "Split", second: "Split") -> "Split":
        """The examples of `first`, then those of `second`."""
        return Split(
            np.concatenate([first.image_ids, second.image_ids]),
            np.concatenate([first.questions, second.questions]),
            np.concatenate([first.answers, second.answers]),
        )


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
        question_types: int32 (len(test),), a `QuestionType` per test question, or None without a test part.
    """

    folder: Path
    train: Split
    valid: Split | None
    test: Split | None
    question_words: Vocabulary
    answers: Vocabulary
    image_names: tuple[str, ...]
    question_types: np.ndarray | None

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
        for name in ("train", "valid", "test"):
            split = getattr(self, name)
            if split is not None:
                yield name, split

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
            digest.update("\n".join([name, str(len(words)), *words, ""]).encode())
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
    may be missing. Where `test-qtype.npy` is missing, `question_type` guesses from the words.

    Raises:
        InputError: a file is missing or damaged, or the files do not fit each other.

    Reference: the 2015 program's file formats.
    """
    folder = Path(folder)
    for name in ("train.npy", "qdict.pkl", "ansdict.pkl", "imgid_dict.pkl"):
        if not (folder / name).is_file():
            raise InputError(f"{folder / name} is missing: {folder} is not an encoded data set; {_REMEDY}")
    question_words = _read_vocabulary(folder / "qdict.pkl", first_id=1)
    answers = _read_vocabulary(folder / "ansdict.pkl", first_id=0)
    image_names = tuple(read_image_names(folder / "imgid_dict.pkl"))

    def read_split(name: str) -> Split | None:
        path = folder / f"{name}.npy"
        if not path.exists():
            return None
        split = _read_split(path)
        _check_range(path, "image id", split.image_ids, 1, len(image_names))
        _check_range(path, "word id", split.questions, 0, question_words.last_id)
        _check_range(path, "answer id", split.answers, 0, answers.last_id)
        return _as_int32(split) if len(split) else None

    train, valid, test = read_split("train"), read_split("valid"), read_split("test")
    if train is None:
        raise InputError(f"{folder / 'train.npy'}: there are no training examples; {_REMEDY}")
    for name, split in (("valid", valid), ("test", test)):
        if split is not None and split.questions.shape[1] != train.questions.shape[1]:
            raise InputError(
                f"{folder / name}.npy: its questions are {split.questions.shape[1]} words long and those of "
                f"train.npy {train.questions.shape[1]}; {_REMEDY}"
            )
    types = None if test is None else _read_types(folder / "test-qtype.npy", test, question_words)
    return Dataset(folder, train, valid, test, question_words, answers, image_names, types)


def read_image_names(path: str | Path) -> list[str]:
    """Reads `imgid_dict.pkl`: for each row of the image features, the name of its image.

    Raises:
        InputError: the file is missing or damaged, or is not a list of names.
    """
    names = read_pickle(path)
    if not isinstance(names, list) or not names:
        raise InputError(f"{path}: expected a list of image names; {_REMEDY}")
    for row, name in enumerate(names):
        if type(name) not in (str, int):
            raise InputError(f"{path}: entry {row} is not the name of an image; {_REMEDY}")
    return [str(name) for name in names]


def _read_vocabulary(path: Path, first_id: int) -> Vocabulary:
    ids = read_pickle(path)
    if not isinstance(ids, dict):
        raise InputError(f"{path}: expected a dictionary from word to id; {_REMEDY}")
    try:
        return Vocabulary.from_dict(ids, first_id)
    except InputError as error:
        raise InputError(f"{path}: {error}; {_REMEDY}") from error


def _read_split(path: Path) -> Split:
    """Reads `train.npy` and its like: input int (N, 1 + T, 1), the image id first, and target int (N, 1)."""
    parts = read_array(path)
    if parts.shape != (2,) or not all(_is_integers(part) for part in parts):
        raise InputError(f"{path}: expected two arrays of integers, inputs and targets; {_REMEDY}")
    inputs, targets = parts
    if inputs.ndim != 3 or inputs.shape[1] < 2 or inputs.shape[2] != 1 or targets.shape != (len(inputs), 1):
        raise InputError(
            f"{path}: expected inputs of shape (N, 1 + words, 1) and targets of shape (N, 1), "
            f"got {inputs.shape} and {targets.shape}; {_REMEDY}"
        )
    questions = inputs[:, 1:, 0]
    interrupted = ((questions[:, :-1] == 0) & (questions[:, 1:] != 0)).any(axis=1)
    if interrupted.any():
        raise InputError(f"{path}: question {interrupted.argmax()} has a word after its padding; {_REMEDY}")
    return Split(inputs[:, 0, 0], questions, targets[:, 0])


def _as_int32(split: Split) -> Split:
    """The split in 32 bits, once its ids are known to fit, and in memory of its own: files hold 64 bits."""
    return Split(
        *(np.array(part, np.int32, order="C") for part in (split.image_ids, split.questions, split.answers))
    )


def _is_integers(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iu"


def _check_range(path: Path, what: str, ids: np.ndarray, low: int, high: int) -> None:
    wrong = (ids < low) | (ids > high)
    if wrong.any():
        example = np.argwhere(wrong)[0]
        raise InputError(
            f"{path}: example {example[0]} has the {what} {ids[tuple(example)]}, "
            f"outside of {low} to {high}; {_REMEDY}"
        )


def _read_types(path: Path, test: Split, words: Vocabulary) -> np.ndarray:
    if not path.exists():
        guesses = [question_type(words.decode(question)) for question in test.questions.tolist()]
        return np.array(guesses, dtype=np.int32)
    types = read_array(path)
    if not _is_integers(types) or types.shape != (len(test),):
        raise InputError(f"{path}: expected a type for each of the {len(test)} test questions; {_REMEDY}")
    _check_range(path, "question type", types, min(QuestionType), max(QuestionType))
    return types.astype(np.int32)
