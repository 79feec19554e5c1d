"""The files of an encoded data set, each read and checked by itself.

Reference: the 2015 program's file formats.
"""

from pathlib import Path
from typing import Any

import numpy as np

from cocoqa_keras.data.formats import read_array, read_pickle
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.data.split import Split
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError

SPLITS = ("train", "valid", "test")
REQUIRED_FILES = ("train.npy", "qdict.pkl", "ansdict.pkl", "imgid_dict.pkl")
REMEDY = "make the data anew with: cocoqa-data encode"


def check_presence(folder: Path) -> None:
    """Makes sure that the files are there which no data set lacks.

    Raises:
        InputError: one is missing, or the folder is.
    """
    if not folder.is_dir():
        raise InputError(
            f"no folder {folder}; check the path, or make a data set there: cocoqa-data download or encode"
        )
    for name in REQUIRED_FILES:
        if not (folder / name).is_file():
            raise InputError(f"{folder / name} is missing: {folder} is not an encoded data set; {REMEDY}")


def read_question_words(folder: Path) -> Vocabulary:
    """Reads `qdict.pkl`, with ids from 1.

    Raises:
        InputError: the file is missing or damaged, or is not a dictionary from word to id.
    """
    return _read_vocabulary(folder / "qdict.pkl", first_id=1)


def read_answers(folder: Path) -> Vocabulary:
    """Reads `ansdict.pkl`, with ids from 0.

    Raises:
        InputError: the file is missing or damaged, or is not a dictionary from answer to id.
    """
    return _read_vocabulary(folder / "ansdict.pkl", first_id=0)


def read_image_names(path: str | Path) -> list[str]:
    """Reads `imgid_dict.pkl`: for each row of the image features, the name of its image.

    Raises:
        InputError: the file is missing or damaged, or is not a list of names.
    """
    names = read_pickle(path)
    if not isinstance(names, list) or not names:
        raise InputError(f"{path}: expected a list of image names; {REMEDY}")
    for row, name in enumerate(names):
        if type(name) not in (str, int):
            raise InputError(f"{path}: entry {row} is not the name of an image; {REMEDY}")
    return [str(name) for name in names]


def read_split(path: Path) -> Split:
    """Reads `train.npy` and its like: input int (N, 1 + T, 1), the image id first, and target int (N, 1).

    Returns:
        the examples, in the integers of the file, of which any number may be wrong.

    Raises:
        InputError: the file is missing or damaged, or holds something else.
    """
    parts = read_array(path)
    if parts.shape != (2,) or not all(_is_integers(part) for part in parts):
        raise InputError(f"{path}: expected two arrays of integers, inputs and targets; {REMEDY}")
    inputs, targets = parts
    if inputs.ndim != 3 or inputs.shape[1] < 2 or inputs.shape[2] != 1 or targets.shape != (len(inputs), 1):
        raise InputError(
            f"{path}: expected inputs of shape (N, 1 + words, 1) and targets of shape (N, 1), "
            f"got {inputs.shape} and {targets.shape}; {REMEDY}"
        )
    return Split(inputs[:, 0, 0], inputs[:, 1:, 0], targets[:, 0])


def read_types(path: Path, count: int) -> np.ndarray:
    """Reads `test-qtype.npy` and its like: a `QuestionType` a question, int32 (count,).

    Raises:
        InputError: the file is damaged, or is not such a list.
    """
    types = read_array(path)
    if not _is_integers(types) or types.shape != (count,):
        raise InputError(f"{path}: expected a type for each of the {count} questions; {REMEDY}")
    _check_range(path, "question type", types, min(QuestionType), max(QuestionType))
    return types.astype(np.int32)


def types_path(folder: Path, split: str) -> Path:
    """The file of the question types of a part, which may be missing."""
    return folder / f"{split}-qtype.npy"


def check_padding(path: Path, split: Split) -> None:
    """Makes sure that no word follows the padding of its question.

    Raises:
        InputError: one does.
    """
    questions = split.questions
    interrupted = ((questions[:, :-1] == 0) & (questions[:, 1:] != 0)).any(axis=1)
    if interrupted.any():
        raise InputError(f"{path}: question {interrupted.argmax()} has a word after its padding; {REMEDY}")


def check_ids(
    path: Path, split: Split, question_words: Vocabulary, answers: Vocabulary, image_count: int
) -> None:
    """Makes sure that all images, words and answers of a part exist.

    Raises:
        InputError: one does not.
    """
    _check_range(path, "image id", split.image_ids, 1, image_count)
    _check_range(path, "word id", split.questions, 0, question_words.last_id)
    _check_range(path, "answer id", split.answers, 0, answers.last_id)


def check_widths(folder: Path, splits: dict[str, Split]) -> None:
    """Makes sure that the questions of all parts are padded to one length.

    Raises:
        InputError: they are not.
    """
    width = splits["train"].questions.shape[1]
    for name, split in splits.items():
        if split.questions.shape[1] != width:
            raise InputError(
                f"{folder / name}.npy: its questions are {split.questions.shape[1]} words long and those of "
                f"train.npy {width}; {REMEDY}"
            )


def _read_vocabulary(path: Path, first_id: int) -> Vocabulary:
    ids = read_pickle(path)
    if not isinstance(ids, dict):
        raise InputError(f"{path}: expected a dictionary from word to id; {REMEDY}")
    try:
        return Vocabulary.from_dict(ids, first_id)
    except InputError as error:
        raise InputError(f"{path}: {error}; {REMEDY}") from error


def _is_integers(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iu"


def _check_range(path: Path, what: str, ids: np.ndarray, low: int, high: int) -> None:
    wrong = (ids < low) | (ids > high)
    if wrong.any():
        example = np.argwhere(wrong)[0]
        raise InputError(
            f"{path}: example {example[0]} has the {what} {ids[tuple(example)]}, "
            f"outside of {low} to {high}; {REMEDY}"
        )
