"""Examples of which some count more than others."""

from dataclasses import dataclass

import numpy as np

from cocoqa_keras.data.split import Split


@dataclass(frozen=True, eq=False)
class WeightedSplit(Split):
    """A part of a data set whose examples have weights, which go wherever their examples go.

    Attributes:
        weights: float64 (N,), what the cost of each example is multiplied by.
    """

    weights: np.ndarray

    @classmethod
    def of(cls, split: Split, weights: np.ndarray) -> "WeightedSplit":
        """The examples of `split` with their weights."""
        return cls(split.image_ids, split.questions, split.answers, weights)


def example_weights_of(split: Split) -> np.ndarray | None:
    """The weights of the examples, float64 (N,), or None where all count the same."""
    return split.weights if isinstance(split, WeightedSplit) else None
