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
        # In the order of the rows the sum takes half the time of an unsorted one.
        order = tf.argsort(tf.reshape(positions, (-1,)))
        taken_rows = tf.reshape(taken, (-1, rows.shape[-1]))
        segments = tf.gather(tf.reshape(positions, (-1,)), order)
        return tf.sparse.segment_sum(taken_rows, order, segments, tf.shape(rows)[0]), None

    return tf.gather(rows, positions), gradient
