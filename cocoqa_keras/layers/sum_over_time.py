"""The bag of words: a question as the sum of its word vectors."""

import keras
from keras import ops

from cocoqa_keras.serialization import serializable


@serializable
class SumOverTime(keras.layers.Layer):
    """(N, T, D) -> (N, D), the sum over axis 1.

    Reference:
        Ren, Kiros and Zemel (2015), section 4.2 (IMG+BOW); the 2015 program's `sum2` stage.
    """

    def call(self, sequences: keras.KerasTensor) -> keras.KerasTensor:
        """Adds the steps."""
        return ops.sum(sequences, axis=1)
