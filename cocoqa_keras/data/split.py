"""The examples of one part of a data set."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np


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

    @property
    def lengths(self) -> np.ndarray:
        """The number of words of each question, int (N,)."""
        return np.count_nonzero(self.questions, axis=1)

    def take(self, rows: np.ndarray | slice) -> Self:
        """The examples in `rows`: indices, a mask, or a slice."""
        return type(self)(*(array[rows] for array in self._arrays()))

    def followed_by(self, other: Self) -> Self:
        """These examples, then those of `other`."""
        return type(self)(*map(np.concatenate, zip(self._arrays(), other._arrays(), strict=True)))

    def _arrays(self) -> list[np.ndarray]:
        """All that is known of the examples, a row an example."""
        return [getattr(self, field.name) for field in fields(self)]
