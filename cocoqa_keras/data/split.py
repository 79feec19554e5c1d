"""The examples of one part of a data set."""

from dataclasses import dataclass

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
