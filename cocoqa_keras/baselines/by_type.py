"""The questions of one type, to train a model of their own on."""

from dataclasses import replace

import numpy as np

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.errors import InputError


def of_type(dataset: Dataset, kind: QuestionType) -> Dataset:
    """A data set's questions of one type, in the same order, with all its words, answers and images.

    A part without such questions is None. As the answers stay, so do the columns of a model's scores.

    Raises:
        InputError: no training question is of that type.
    """
    parts, types = {"valid": None, "test": None}, {}
    for name, split in dataset.splits():
        rows = np.flatnonzero(dataset.types_of(name) == kind)
        if rows.size:
            parts[name], types[name] = split.take(rows), np.full(len(rows), kind, np.int32)
    if "train" not in parts:
        raise InputError(f"{dataset.folder}: no training question asks for {kind.name.lower()}")
    return replace(dataset, **parts, given_types=types)
