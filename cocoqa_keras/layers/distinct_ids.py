"""The distinct words of a batch, and where each occurs."""

import keras
import tensorflow as tf

from cocoqa_keras.serialization import serializable


@serializable
class DistinctIds(keras.layers.Layer):
    """Each id of a batch once, and for every occurrence its place among them.

    What is computed of a word alone, such as its vector and that vector's product with a matrix, is the same
    at each of its occurrences. With the distinct words apart it is computed once for each, and its
    gradient is summed over the occurrences before it goes on. `TakeRows` goes back.

    Call arguments:
        ids: integers of any shape, with n elements.

    Returns:
        the distinct ids, int32 (U,), of which the first is always 0, the empty word; and the position of
        each id among them, int32 (n,).
    """

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.supports_jit = False  # how many distinct ids there are is not known beforehand

    def call(self, ids: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """Finds the distinct ids."""
        ids = tf.reshape(tf.cast(ids, tf.int32), (-1,))
        distinct, positions = tf.unique(tf.concat([[0], ids], 0))
        return distinct, positions[1:]

    def compute_output_spec(self, ids: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """Two lists whose lengths depend on the batch."""
        return keras.KerasTensor((None,), "int32"), keras.KerasTensor((None,), "int32")
