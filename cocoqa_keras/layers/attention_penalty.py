"""A penalty on attention that stays with some places and leaves others out."""

from collections.abc import Callable

import keras
import tensorflow as tf

from cocoqa_keras.serialization import serializable


@serializable
class AttentionPenalty(keras.layers.Layer):
    """Passes attention on, and adds to its gradient that of strength / 2 * |sum_t a_t - T / K|^2.

    Over T steps each of K places should get T / K of the attention. The penalty adds up over the examples of
    a batch, where a cost is their mean. It acts through the gradient alone: the cost that training reports
    is without it, and it needs no other part in training.

    Args:
        strength: factor of the penalty.

    Call arguments:
        attention: (N, T, K), the attention of each step to each place.

    Returns:
        the same, (N, T, K)

    Raises:
        ValueError: the input has other axes.

    Reference:
        The 2015 program's `attentionPenalty` stage; Xu et al. (2015), section 4.2.1.
    """

    def __init__(self, strength: float, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.strength = strength

    def build(self, attention_shape: tuple[int | None, ...]) -> None:
        """Checks the shape."""
        if len(attention_shape) != 3:
            raise ValueError(f"expected attention (N, T, K) of steps to places, got {attention_shape}")

    def call(self, attention: keras.KerasTensor) -> keras.KerasTensor:
        """Passes the attention on."""

        @tf.custom_gradient
        def penalized(attention: tf.Tensor) -> tuple[tf.Tensor, Callable]:
            return tf.identity(attention), lambda upstream: upstream + self._gradient_of_penalty(attention)

        return penalized(attention)

    def _gradient_of_penalty(self, attention: tf.Tensor) -> tf.Tensor:
        """(N, 1, K): the same for each step."""
        _, steps, places = tf.unstack(tf.cast(tf.shape(attention), attention.dtype))
        return self.strength * (tf.reduce_sum(attention, axis=1, keepdims=True) - steps / places)

    def compute_output_shape(self, attention_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of the input."""
        return attention_shape

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {**super().get_config(), "strength": self.strength}
