"""Checks of the files of an encoded data set: each by itself, then the numbers in them."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from cocoqa_keras.data.dataset_files import (
    REMEDY,
    REQUIRED_FILES,
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
from cocoqa_keras.data.formats import read_array
from cocoqa_keras.data.split import Split
from cocoqa_keras.data.verification.findings import Doubt
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError


class EncodedFiles:
    """The files in a data folder, each read when it is first asked for.

    Args:
        folder: the data folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, name: str) -> Path:
        """The file of the part `train`, `valid` or `test`."""
        return self.folder / f"{name}.npy"

    @cached_property
    def question_words(self) -> Vocabulary:
        """The words of `qdict.pkl`."""
        return read_question_words(self.folder)

    @cached_property
    def answers(self) -> Vocabulary:
        """The answers of `ansdict.pkl`."""
        return read_answers(self.folder)

    @cached_property
    def image_names(self) -> list[str]:
        """The images of `imgid_dict.pkl`."""
        return read_image_names(self.folder / "imgid_dict.pkl")

    @cached_property
    def splits(self) -> dict[str, Split]:
        """The parts that there are and that are not empty, as their files hold them."""
        present = {name: read_split(self.path_of(name)) for name in SPLITS if self.path_of(name).exists()}
        return {name: split for name, split in present.items() if len(split)}


def _check_presence(files: EncodedFiles) -> str:
    check_presence(files.folder)
    return f"{', '.join(REQUIRED_FILES)} are there"


def _check_question_words(files: EncodedFiles) -> str:
    return f"{len(files.question_words)} in qdict.pkl, each with an id of its own, UNK the last"


def _check_answers(files: EncodedFiles) -> str:
    return f"{len(files.answers)} in ansdict.pkl, each with an id of its own, UNK the last"


def _check_image_names(files: EncodedFiles) -> str:
    rows: dict[str, int] = {}
    for row, name in enumerate(files.image_names):
        if rows.setdefault(name, row) != row:
            raise InputError(
                f"{files.folder / 'imgid_dict.pkl'}: the rows {rows[name]} and {row} are of one image, "
                f"{name:.40}; {REMEDY}"
            )
    return f"{len(rows)} in imgid_dict.pkl, all different"


def _check_train(files: EncodedFiles) -> str:
    count = len(read_split(files.path_of("train")))
    if not count:
        raise InputError(f"{files.path_of('train')}: there are no training examples; {REMEDY}")
    return f"{count} in train.npy"


def _check_valid(files: EncodedFiles) -> str:
    path = files.path_of("valid")
    count = len(read_split(path)) if path.exists() else 0
    return f"{count} in valid.npy" if count else "none: training holds out a share of its own examples"


def _check_test(files: EncodedFiles) -> str:
    path = files.path_of("test")
    count = len(read_split(path)) if path.exists() else 0
    if not count:
        raise Doubt(f"{path}: no examples, so that training ends without a test; {REMEDY}")
    return f"{count} in test.npy"


def _check_types(files: EncodedFiles) -> str:
    given = [name for name, split in files.splits.items() if _types_are_read(files, name, split)]
    return f"given for {' and '.join(given)}" if given else "not given, so they are guessed from the words"


def _types_are_read(files: EncodedFiles, name: str, split: Split) -> bool:
    path = types_path(files.folder, name)
    if path.exists():
        read_types(path, len(split))
    return path.exists()


def _check_word_lists(files: EncodedFiles) -> str:
    path = files.folder / "vocab-dict.npy"
    if not path.exists():
        return "vocab-dict.npy is not there, and nothing needs it"
    lists = read_array(path)
    if lists.shape != (4,) or lists.dtype != object:
        raise InputError(f"{path}: expected two dictionaries and two lists; delete it, nothing needs it")
    for ids, words, name, vocabulary in (
        (lists[0], lists[1], "qdict.pkl", files.question_words),
        (lists[2], lists[3], "ansdict.pkl", files.answers),
    ):
        for listed in (_words_by_id(ids, vocabulary.first_id), words):
            _check_same_words(path, listed, name, vocabulary)
    return "vocab-dict.npy says the same"


def _words_by_id(ids: Any, first_id: int) -> Sequence[str] | None:
    try:
        return Vocabulary.from_dict(ids, first_id).words if isinstance(ids, dict) else None
    except InputError:
        return None


def _check_same_words(path: Path, listed: Any, name: str, vocabulary: Vocabulary) -> None:
    is_list = isinstance(listed, (list, tuple)) and len(listed) == len(vocabulary)
    if not is_list or not all(isinstance(word, str) for word in listed):
        raise InputError(f"{path}: its words are not those of {name}; delete it, nothing needs it")
    for word, expected in zip(listed, vocabulary.words, strict=True):
        if word != expected:
            raise InputError(
                f"{path}: has {word!r:.40} where {name} has {expected!r:.40}; delete it, nothing needs it"
            )


def _check_paddings(files: EncodedFiles) -> str:
    for name, split in files.splits.items():
        check_padding(files.path_of(name), split)
    check_widths(files.folder, files.splits)
    return f"questions are padded at their end, to {files.splits['train'].questions.shape[1]} words"


def _check_all_ids(files: EncodedFiles) -> str:
    for name, split in files.splits.items():
        path = files.path_of(name)
        check_ids(path, split, files.question_words, files.answers, len(files.image_names))
    return "all images, words and answers exist"


PRESENCE_CHECKS: Mapping[str, Callable[[EncodedFiles], str]] = {"files": _check_presence}
# For files that are there.
READING_CHECKS: Mapping[str, Callable[[EncodedFiles], str]] = {
    "question words": _check_question_words,
    "answers": _check_answers,
    "images": _check_image_names,
    "training examples": _check_train,
    "validation examples": _check_valid,
    "test examples": _check_test,
}
# For files of which each can be read.
FITTING_CHECKS: Mapping[str, Callable[[EncodedFiles], str]] = {
    "word lists": _check_word_lists,
    "padding": _check_paddings,
    "ids": _check_all_ids,
    "question types": _check_types,
}
