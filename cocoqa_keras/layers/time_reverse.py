"""Sequences read backwards, their padding left at the end."""

import keras
import tensorflow as tf

from cocoqa_keras.layers.packed_sequence import sequence_lengths
from cocoqa_keras.serialization import serializable


@serializable
class TimeReverse(keras.layers.Layer):
    """Reverses the real part of each sequence: the steps before the first all-zero one.

    Call arguments:
        sequences: (N, T, D)

    Returns:
        (N, T, D)

    Reference:
        The 2015 program's `timeReverse` stage.
    """

    def call(self, sequences: keras.KerasTensor) -> keras.KerasTensor:
        """Reverses the sequences."""
        return tf.reverse_sequence(sequences, sequence_lengths(sequences), seq_axis=1)

    def compute_output_shape(self, sequences_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of the input."""
        return sequences_shape
