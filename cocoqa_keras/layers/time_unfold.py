"""The steps of all sequences as one list of rows."""

import keras
from keras import ops

from cocoqa_keras.serialization import serializable


@serializable
class TimeUnfold(keras.layers.Layer):
    """(N, T, D) -> (N T, D); `TimeFold` goes back.

    Reference:
        The 2015 program's `timeUnfold` stage.
    """

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def call(self, sequences: keras.KerasTensor) -> keras.KerasTensor:
        """Unfolds the sequences."""
        return ops.reshape(sequences, (-1, sequences.shape[-1]))

    def compute_output_shape(self, sequences_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(N T, D)."""
        count, timespan, width = sequences_shape
        return (None if count is None or timespan is None else count * timespan, width)
