"""The means of sequences, part by part."""

import keras
from keras import ops

from cocoqa_keras.layers.part_pooling import PartPooling
from cocoqa_keras.serialization import serializable


@serializable
class PartMeanPooling(PartPooling):
    """The mean of steps t, t + S, t + 2 S, ..., for each t < S = T / window_size.

    Args:
        window_size: steps that are pooled into one.

    Call arguments:
        sequences: (N, T, D), T a multiple of `window_size`.

    Returns:
        (N, S, D)

    Raises:
        ValueError: T is known and no such multiple.

    Reference:
        The 2015 program's `meanpool1d` stage.
    """

    def build(self, sequences_shape: tuple[int | None, ...]) -> None:
        """Refuses sequences that cannot be cut into equal parts."""
        self.compute_output_shape(sequences_shape)

    def call(self, sequences: keras.KerasTensor) -> keras.KerasTensor:
        """Pools the sequences."""
        return ops.mean(self.parts_of(sequences), axis=1)

    def compute_output_shape(self, sequences_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(N, S, D)."""
        count, timespan, width = sequences_shape
        if timespan is not None and timespan % self.window_size:
            raise ValueError(f"{timespan} steps are no multiple of {self.window_size}")
        return (count, None if timespan is None else timespan // self.window_size, width)
