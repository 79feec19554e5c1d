"""Rows of a matrix, each as often as it is asked for."""

from collections.abc import Callable

import keras
import tensorflow as tf

from cocoqa_keras.serialization import serializable


@serializable
class TakeRows(keras.layers.Layer):
    """rows[positions].

    Call arguments:
        rows: (U, D)
        positions: integers of any shape, 0 ... U - 1.

    Returns:
        the shape of `positions`, and D.
    """

    def call(self, rows: keras.KerasTensor, positions: keras.KerasTensor) -> keras.KerasTensor:
        """Takes the rows."""
        return take_rows(rows, positions)

    def compute_output_shape(
        self, rows_shape: tuple[int | None, ...], positions_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """The shape of `positions`, and D."""
        return (*positions_shape, rows_shape[-1])


@tf.custom_gradient
def take_rows(rows: tf.Tensor, positions: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    """`rows[positions]`, with a dense gradient: the sum over the places where each row was taken."""

    def gradient(taken: tf.Tensor) -> tuple[tf.Tensor, None]:
        flat = tf.reshape(positions, (-1,))
        taken = tf.reshape(taken, (-1, rows.shape[-1]))
        return sum_by_position(taken, tf.range(tf.size(flat)), flat, tf.shape(rows)[0]), None

    return tf.gather(rows, positions), gradient


def sum_by_position(rows: tf.Tensor, taken: tf.Tensor, positions: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """Row p of the result is the sum of `rows[taken[i]]` over all i with `positions[i] == p`.

    It takes half the time of an unsorted segment sum.

    Args:
        rows: (U, D)
        taken: (n,) int32, 0 ... U - 1.
        positions: (n,) int32, 0 ... count - 1.
        count: rows of the result.

    Returns:
        (count, D)
    """
    order = tf.argsort(positions)
    return tf.sparse.segment_sum(rows, tf.gather(taken, order), tf.gather(positions, order), count)
