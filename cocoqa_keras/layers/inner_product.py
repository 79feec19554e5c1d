"""How well two vectors go together: their inner product and a trained constant."""

import keras
from keras import ops

from cocoqa_keras.serialization import serializable


@serializable
class InnerProduct(keras.layers.Layer):
    """x[:, 0] . x[:, 1] + w, w a single trained number, one at first.

    Call arguments:
        pairs: (N, 2, D); steps after the second are ignored.

    Returns:
        (N,)

    Raises:
        ValueError: the input is no sequence of at least two vectors.

    Reference:
        The 2015 program's `innerProd` stage.
    """

    def build(self, pairs_shape: tuple[int | None, ...]) -> None:
        """Makes w, ()."""
        if len(pairs_shape) != 3 or pairs_shape[1] == 1:
            raise ValueError(f"expected pairs of vectors, (N, 2, D), got {pairs_shape}")
        self.bias = self.add_weight(name="bias", shape=(), initializer="ones")

    def call(self, pairs: keras.KerasTensor) -> keras.KerasTensor:
        """Multiplies the vectors of each pair."""
        return ops.sum(pairs[:, 0] * pairs[:, 1], axis=-1) + self.bias

    def compute_output_shape(self, pairs_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(N,)."""
        return pairs_shape[:1]
