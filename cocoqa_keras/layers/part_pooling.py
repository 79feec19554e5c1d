"""What pooling over the parts of sequences has in common."""

import keras
import tensorflow as tf


class PartPooling(keras.layers.Layer):
    """Cuts each sequence into `window_size` equal parts and pools their first steps, their second steps, ...

    So step t meets steps t + k T / window_size, and not its neighbours as in Keras' own pooling.

    Args:
        window_size: number of parts, and so of steps that are pooled into one.
    """

    def __init__(self, window_size: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.input_spec = keras.layers.InputSpec(ndim=3)
        self.window_size = window_size

    def parts_of(self, sequences: tf.Tensor) -> tf.Tensor:
        """(N, T, D) -> (N, window_size, T / window_size, D)."""
        count, timespan = tf.unstack(tf.shape(sequences)[:2])
        steps = timespan // self.window_size
        return tf.reshape(sequences, (count, self.window_size, steps, sequences.shape[-1]))

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {**super().get_config(), "window_size": self.window_size}
