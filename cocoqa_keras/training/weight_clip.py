"""The clip of a weight's norm, without measuring the norm at every step."""

import keras
import tensorflow as tf

MEASURED_EVERY = 256  # steps; so that weights set from outside are noticed
ROUNDING = 1e-6  # relative, more than the rounding of one step


class WeightClip:
    """Scales a weight down to a norm, where it is above.

    A step moves the weight by its velocity, and |v| <= momentum |v before| + step |g|; the sum of these
    bounds the norm. Only when the bound passes the limit is the norm measured.

    Args:
        weight: the weight.
        bounds: (2,) float64, upper bounds of |W| and |v|.
        limit: the largest norm.
    """

    def __init__(self, weight: keras.Variable, bounds: keras.Variable, limit: float) -> None:
        self._weight, self._bounds = weight.value, bounds.value
        self._limit = limit
        self._bounds.assign([self._norm(), 0.0])

    def apply(self, momentum: tf.Tensor | float, step_norm: tf.Tensor, iteration: tf.Tensor) -> None:
        """Clips after a step.

        Args:
            momentum: that of the step.
            step_norm: norm of what the gradient added to the velocity.
            iteration: number of the step.
        """
        weight_bound, velocity_bound = tf.unstack(self._bounds)
        velocity_bound = tf.abs(tf.cast(momentum, tf.float64)) * velocity_bound + tf.cast(
            step_norm, tf.float64
        )
        weight_bound = (weight_bound + velocity_bound) * (1 + ROUNDING)
        is_due = (weight_bound > self._limit) | (iteration % MEASURED_EVERY == 0)
        weight_bound = tf.cond(is_due, self._clip, lambda: weight_bound)
        self._bounds.assign(tf.stack([weight_bound, velocity_bound]))

    def _clip(self) -> tf.Tensor:
        norm = self._norm()

        def shrink() -> tf.Tensor:
            self._weight.assign(self._weight * tf.cast(self._limit / norm, self._weight.dtype))
            return tf.constant(self._limit, tf.float64)

        return tf.cond(norm > self._limit, shrink, lambda: norm)

    def _norm(self) -> tf.Tensor:
        return tf.cast(tf.sqrt(2 * tf.nn.l2_loss(self._weight)), tf.float64)
