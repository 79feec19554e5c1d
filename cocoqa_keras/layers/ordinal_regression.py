"""Ordinal regression: probabilities of ordered classes, such as counts, from one number."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from cocoqa_keras.serialization import serializable

TINY = 1e-8  # what the cost `crossEntIdx` adds to a probability before it takes the logarithm


@serializable
class OrdinalRegression(keras.layers.Layer):
    """softmax(mu x + pi - mu^2 / 2): a class is the likelier, the nearer its mu is to x.

    At first mu runs evenly from -1 to 1, and pi, the logarithm of each class's share, is log(1 / classes).

    Its gradient is that of the log loss, -log(p[t]), where the cost is -log(p[t] + 1e-8): each dE/dp counts
    as (p + 1e-8) / p of itself. So it does not vanish with a probability far below 1e-8, which an x far from
    its class easily has. For another cost the difference is at most 1e-8 of dE/dp.

    Args:
        classes: number of classes.
        fix_extremes: the first and the last mu get no gradient, so that the scale of x is settled.

    Call arguments:
        inputs: (..., 1)

    Returns:
        (..., classes), probabilities.

    Raises:
        ValueError: the input has more than one number an example.

    Reference:
        The 2015 program's `ordinal` stage; W = [mu; pi].
    """

    def __init__(self, classes: int, fix_extremes: bool = True, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.classes = classes
        self.fix_extremes = fix_extremes

    def build(self, inputs_shape: tuple[int | None, ...]) -> None:
        """Makes W, (2, classes): mu and pi."""
        if inputs_shape[-1] != 1:
            raise ValueError(f"expected one number an example, (N, 1), got {inputs_shape}")
        self.kernel = self.add_weight(
            name="kernel", shape=(2, self.classes), initializer=_evenly_spread_classes
        )

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """The probabilities of the classes."""
        mu, pi = ops.unstack(self.kernel, axis=0)
        if self.fix_extremes:
            is_extreme = np.isin(np.arange(self.classes), (0, self.classes - 1))
            mu = ops.where(is_extreme, ops.stop_gradient(mu), mu)
        return _softmax_of_log_loss(mu * inputs + pi - ops.square(mu) / 2)

    def compute_output_shape(self, inputs_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(..., classes)."""
        return (*inputs_shape[:-1], self.classes)

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {**super().get_config(), "classes": self.classes, "fix_extremes": self.fix_extremes}


def _evenly_spread_classes(shape: tuple[int, int], dtype: str) -> keras.KerasTensor:
    classes = shape[1]
    mu, pi = np.linspace(-1, 1, classes), np.full(classes, np.log(1 / classes))
    return ops.convert_to_tensor(np.stack([mu, pi]), dtype)


@tf.custom_gradient
def _softmax_of_log_loss(logits: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    """The softmax, with dE/d(log p) taken as (p + 1e-8) dE/dp."""
    probabilities = tf.nn.softmax(logits)

    def gradient(d_probabilities: tf.Tensor) -> tf.Tensor:
        d_logarithms = (probabilities + TINY) * d_probabilities
        return d_logarithms - probabilities * tf.reduce_sum(d_logarithms, axis=-1, keepdims=True)

    return probabilities, gradient
