"""The end of each sequence."""

import keras
import tensorflow as tf

from cocoqa_keras.layers.packed_sequence import is_not_zero, sequence_lengths
from cocoqa_keras.serialization import serializable


@serializable
class TimeFinal(keras.layers.Layer):
    """The last real step of each sequence: the one before the first all-zero step.

    Call arguments:
        sequences: (N, T, D)

    Returns:
        (N, D), zeros for a sequence without a real step.

    Reference:
        The 2015 program's `timeFinal` stage.
    """

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def call(self, sequences: keras.KerasTensor) -> keras.KerasTensor:
        """Takes the steps."""
        lengths = sequence_lengths(is_not_zero(sequences))
        after_nothing = tf.pad(sequences, [[0, 0], [1, 0], [0, 0]])
        return tf.gather(after_nothing, lengths, batch_dims=1)

    def compute_output_shape(self, sequences_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(N, D)."""
        count, _, width = sequences_shape
        return (count, width)
