"""The largest values of sequences, part against part."""

from collections.abc import Callable

import keras
import tensorflow as tf

from cocoqa_keras.layers.part_pooling import PartPooling
from cocoqa_keras.serialization import serializable


@serializable
class PartMaxPooling(PartPooling):
    """The maximum of steps t, t + S, t + 2 S, ..., for each t < S = T / window_size rounded up.

    Steps of zeros fill the last part up, and take part in the maximum. Of equal values the first gets the
    gradient.

    Args:
        window_size: steps that are pooled into one.

    Call arguments:
        sequences: (N, T, D)

    Returns:
        (N, S, D)

    Reference:
        The 2015 program's `maxpool1d` stage.
    """

    def call(self, sequences: keras.KerasTensor) -> keras.KerasTensor:
        """Pools the sequences."""
        missing = -tf.shape(sequences)[1] % self.window_size
        filled = tf.pad(sequences, [[0, 0], [0, missing], [0, 0]])
        return _first_maximum(self.parts_of(tf.ensure_shape(filled, (None, None, sequences.shape[-1]))))

    def compute_output_shape(self, sequences_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(N, S, D)."""
        count, timespan, width = sequences_shape
        return (count, None if timespan is None else -(-timespan // self.window_size), width)


@tf.custom_gradient
def _first_maximum(parts: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    """The maximum over axis 1. TensorFlow's own would share its gradient among equal values."""

    def gradient(d_maximum: tf.Tensor) -> tf.Tensor:
        is_first = tf.one_hot(tf.argmax(parts, axis=1), parts.shape[1], axis=1, dtype=parts.dtype)
        return is_first * d_maximum[:, None]

    return tf.reduce_max(parts, axis=1), gradient
