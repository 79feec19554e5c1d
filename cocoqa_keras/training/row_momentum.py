r"""Momentum for a table of which each step touches few rows, at the cost of those rows.

A row r that no gradient touches still moves: v_r = m v_r, W_r += v_r. After k such steps it has moved by
v_r (m + m^2 + ... + m^k), and its velocity is m^k v_r. So nothing needs to be done until the row is looked
at: we keep, for each row, its values after the last step that touched it, and the number of that step.

The weight clip needs the norm of the whole table after each step. With S = |W|^2, C = <W, v> and Q = |v|^2,
a step of the untouched rows gives

    S' = S + 2 m C + m^2 Q        C' = m C + m^2 Q        Q' = m^2 Q

so that these three numbers are kept up to date from the touched rows alone: take their part out, let the
rest move, add their part after the update. Only when the norm exceeds the clip is the whole table brought
up to date and scaled.
"""

import keras
import numpy as np
import tensorflow as tf

NEGLIGIBLE = 1e-18  # share of its velocity with which a row counts as still


class RowMomentum:
    """The lazily moving rows of a table.

    Args:
        table: (V, D), the weight.
        velocity: (V, D), of each row after the last step that touched it.
        last_step: (V,) int32, the number of that step.
        clock: () int32, number of steps so far.
        moments: (3,) float64, S, C and Q.
        momentum: m, at least 0 and below 1.
    """

    def __init__(
        self,
        table: keras.Variable,
        velocity: keras.Variable,
        last_step: keras.Variable,
        clock: keras.Variable,
        moments: keras.Variable,
        momentum: float,
    ) -> None:
        self._table, self._velocity, self._last_step = table.value, velocity.value, last_step.value
        self._clock, self._moments = clock.value, moments.value
        self._momentum = momentum
        still = int(np.ceil(np.log(NEGLIGIBLE) / np.log(momentum))) if momentum > 0 else 1
        # By number of steps k: m^k, and m + m^2 + ... + m^k.
        self._decay = np.append(momentum ** np.arange(still, dtype=np.float64), 0)
        self._travel = np.append(0, np.cumsum(self._decay[1:]))
        self._measure()

    def of(self, rows: tf.Tensor) -> tf.Tensor:
        """How far some rows have still to move, (n, D)."""
        return tf.gather(self._velocity, rows) * self._since(rows, self._travel)

    def update(self, rows: tf.Tensor, gradient: tf.Tensor, step: tf.Tensor) -> None:
        """One step: velocity = m velocity - step gradient for the rows given, in which no row is twice."""
        weight, velocity = self._now(rows)
        before = _moments(weight, velocity)
        velocity = self._momentum * velocity - step * gradient
        weight += velocity
        self._clock.assign_add(1)
        self._write(rows, weight, velocity)
        rest = self._moments - before
        m = self._momentum
        moved = tf.stack(
            [rest[0] + 2 * m * rest[1] + m * m * rest[2], m * rest[1] + m * m * rest[2], m * m * rest[2]]
        )
        self._moments.assign(moved + _moments(weight, velocity))

    def clip(self, limit: float) -> None:
        """Scales the table down to a norm, where it is above."""
        tf.cond(self._moments[0] > limit**2, lambda: self._shrink(limit), lambda: tf.ones((), tf.float64))

    def settle(self) -> None:
        """Moves every row to where it is by now."""
        rows = tf.range(tf.shape(self._table)[0])
        weight, velocity = self._now(rows)
        self._table.assign(weight)
        self._velocity.assign(velocity)
        self._last_step.assign(tf.fill(tf.shape(rows), self._clock.read_value()))
        self._measure()

    def _shrink(self, limit: float) -> tf.Tensor:
        self.settle()
        factor = tf.minimum(limit / tf.sqrt(self._moments[0]), 1)
        self._table.assign(self._table * tf.cast(factor, self._table.dtype))
        self._moments.assign(self._moments * tf.stack([factor * factor, factor, tf.ones_like(factor)]))
        return factor

    def _measure(self) -> None:
        self._moments.assign(_moments(self._table, self._velocity))

    def _now(self, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Weight and velocity of some rows as they are by now."""
        velocity = tf.gather(self._velocity, rows)
        weight = tf.gather(self._table, rows) + velocity * self._since(rows, self._travel)
        return weight, velocity * self._since(rows, self._decay)

    def _since(self, rows: tf.Tensor, by_steps: np.ndarray) -> tf.Tensor:
        """A quantity that depends on the steps since a row was touched, (n, 1)."""
        steps = tf.minimum(self._clock - tf.gather(self._last_step, rows), len(by_steps) - 1)
        return tf.gather(tf.constant(by_steps, self._table.dtype), steps)[:, None]

    def _write(self, rows: tf.Tensor, weight: tf.Tensor, velocity: tf.Tensor) -> None:
        self._table.scatter_update(tf.IndexedSlices(weight, rows))
        self._velocity.scatter_update(tf.IndexedSlices(velocity, rows))
        self._last_step.scatter_update(
            tf.IndexedSlices(tf.fill(tf.shape(rows), self._clock.read_value()), rows)
        )


def _moments(weight: tf.Tensor, velocity: tf.Tensor) -> tf.Tensor:
    """|W|^2, <W, v> and |v|^2 in float64."""
    weight, velocity = tf.reshape(weight, (1, -1)), tf.reshape(velocity, (-1, 1))
    products = (2 * tf.nn.l2_loss(weight), tf.matmul(weight, velocity)[0, 0], 2 * tf.nn.l2_loss(velocity))
    return tf.stack([tf.cast(product, tf.float64) for product in products])
