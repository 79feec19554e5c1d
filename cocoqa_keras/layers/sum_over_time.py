"""The bag of words: a question as the sum of its word vectors."""

from collections.abc import Callable

import keras
import tensorflow as tf
from keras import ops

from cocoqa_keras.layers.take_rows import sum_by_position
from cocoqa_keras.serialization import serializable


@serializable
class SumOverTime(keras.layers.Layer):
    """(N, T, D) -> (N, D), the sum over axis 1.

    Call arguments:
        sequences: (N, T, D); with `positions`, the distinct steps (U, D).
        positions: the place of each step among the distinct ones, int32 (N, T).

    Returns:
        (N, D)

    Reference:
        Ren, Kiros and Zemel (2015), section 4.2 (IMG+BOW); the 2015 program's `sum2` stage.
    """

    def call(
        self, sequences: keras.KerasTensor, positions: keras.KerasTensor | None = None
    ) -> keras.KerasTensor:
        """Adds the steps."""
        if positions is None:
            return ops.sum(sequences, axis=1)
        return _sum_taken(sequences, positions)

    def compute_output_shape(
        self, sequences_shape: tuple[int | None, ...], positions_shape: tuple[int | None, ...] | None = None
    ) -> tuple[int | None, ...]:
        """(N, D)."""
        leading = sequences_shape if positions_shape is None else positions_shape
        return (leading[0], sequences_shape[-1])


@tf.custom_gradient
def _sum_taken(rows: tf.Tensor, positions: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    """The sum over axis 1 of `rows[positions]`, without a copy of each step."""
    count, timespan = tf.unstack(tf.shape(positions))
    sequence_of_step, row_of_step = tf.repeat(tf.range(count), timespan), tf.reshape(positions, (-1,))

    def gradient(sums: tf.Tensor) -> tuple[tf.Tensor, None]:
        return sum_by_position(sums, sequence_of_step, row_of_step, tf.shape(rows)[0]), None

    return tf.sparse.segment_sum(rows, row_of_step, sequence_of_step, num_segments=count), gradient
