"""Sequences read backwards, their padding left at the end."""

import keras
import tensorflow as tf

from cocoqa_keras.layers.packed_sequence import is_not_zero, sequence_lengths
from cocoqa_keras.serialization import serializable


@serializable
class TimeReverse(keras.layers.Layer):
    """Reverses the real part of each sequence: the steps before the first all-zero one.

    The others stay as they are, and get no gradient, unless steps come by their distinct rows.

    Call arguments:
        sequences: (N, T, D); with `rows`, the positions of the steps among these, int32 (N, T).
        rows: the distinct steps (U, D).

    Returns:
        the shape of `sequences`.

    Reference:
        The 2015 program's `timeReverse` stage.
    """

    def call(self, sequences: keras.KerasTensor, rows: keras.KerasTensor | None = None) -> keras.KerasTensor:
        """Reverses the sequences."""
        is_real = is_not_zero(sequences) if rows is None else is_not_zero(rows, sequences)
        lengths = sequence_lengths(is_real)
        backwards = tf.reverse_sequence(sequences, lengths, seq_axis=1)
        if rows is not None:
            return backwards
        is_before_end = tf.sequence_mask(lengths, tf.shape(sequences)[1])[:, :, None]
        return tf.where(is_before_end, backwards, tf.stop_gradient(backwards))

    def compute_output_shape(
        self, sequences_shape: tuple[int | None, ...], rows_shape: tuple[int | None, ...] | None = None
    ) -> tuple[int | None, ...]:
        """The shape of the input."""
        return sequences_shape
