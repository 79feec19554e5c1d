r"""Momentum for a table of which each step touches few rows, at the cost of those rows.

A row r that no gradient touches still moves: v_r = m v_r, W_r += v_r. After k such steps it has moved by
v_r (m + m^2 + ... + m^k), and its velocity is m^k v_r. So nothing needs to be done until the row is looked
at: we keep, for each row, its values after the last step that touched it, and the number of that step.

The weight clip needs the norm of the whole table after each step. With S = |W|^2, C = <W, v> and Q = |v|^2,
a step of the untouched rows gives

    S' = S + 2 m C + m^2 Q        C' = m C + m^2 Q        Q' = m^2 Q

so that these three numbers are kept up to date from the touched rows alone: take their part out, let the
rest move, add their part after the update.

Nor does the clip touch the table: the weight is a number, the scale s, times what is stored, and the clip
lowers s. Velocities are stored as they are, so that a row moves by v / s in stored units. Since s may
change from step to step, the sum above becomes, for a row touched k steps ago,

    travel_k = m / s_1 + m^2 / s_2 + ... + m^k / s_k        (s_i being the scale of the i-th step since)

which all rows of that age share. A step takes travel_k to travel_(k+1) = travel_k + m^(k+1) / s. Now and
then the rows that have come to rest are brought up to date, so that no row is older than the list.
"""

import keras
import numpy as np
import tensorflow as tf

NEGLIGIBLE = 1e-18  # share of its velocity with which a row counts as still
SWEPT_EVERY = 64  # steps, after which rows at rest are looked for
AT_REST = -1  # in place of the step that last touched a row


class RowMomentum:
    """The lazily moving rows of a table.

    Args:
        table: (V, D), the weight.
        momentum: m, at least 0 and below 1.
        optimizer: makes, and saves, the state.
        name: of the weight, for the names of the state.
    """

    def __init__(
        self, table: keras.Variable, momentum: float, optimizer: keras.optimizers.Optimizer, name: str
    ) -> None:
        self._momentum = momentum
        still = int(np.ceil(np.log(NEGLIGIBLE) / np.log(momentum))) if momentum > 0 else 1
        ages = np.arange(still + SWEPT_EVERY + 1)
        self._still = still
        self._decay = np.where(ages < still, momentum ** np.minimum(ages, still).astype(np.float64), 0)

        def state(what: str, shape: tuple[int, ...], dtype: str, initial: float = 0) -> tf.Variable:
            initializer = keras.initializers.Constant(initial)
            return optimizer.add_variable(shape, initializer, dtype, name=f"{what}_{name}").value

        self._strategy = tf.distribute.get_strategy()
        self._table = table.value
        self._velocity = optimizer.add_variable_from_reference(table, name="velocity").value
        self._last_step = state("last_step", table.shape[:1], "int32", AT_REST)
        self._clock = state("clock", (), "int32")
        self._scale = state("scale", (), "float64", 1)
        self._travel = state("travel", ages.shape, "float64")
        self._moments = state("moments", (3,), "float64")  # S, C and Q
        self._measure(tf.zeros((0,), tf.int32))

    def of(self, rows: tf.Tensor, stored: tf.Tensor) -> tf.Tensor:
        """What is to be added to some rows as they are stored, (n, D), to get the weight."""
        return self._now(rows, stored)[0] - stored

    def update(self, rows: tf.Tensor, gradient: tf.Tensor, step: tf.Tensor) -> None:
        """One step: velocity = m velocity - step gradient for the rows given, in which no row is twice."""
        weight, velocity = self._now(rows, tf.gather(self._table, rows))
        before = _moments(weight, velocity)
        velocity = self._momentum * velocity - step * gradient
        weight += velocity
        self._clock.assign_add(1)
        travel = self._travel[:-1] + self._decay[1:] / self._scale
        self._travel.assign(tf.concat([[0.0], travel], 0))
        self._write(rows, weight, velocity, self._clock)
        rest = self._moments - before
        m = self._momentum
        moved = tf.stack(
            [rest[0] + 2 * m * rest[1] + m * m * rest[2], m * rest[1] + m * m * rest[2], m * m * rest[2]]
        )
        self._moments.assign(moved + _moments(weight, velocity))
        tf.cond(self._clock % SWEPT_EVERY == 0, self._sweep, lambda: None)

    def clip(self, limit: float) -> None:
        """Scales the weight down to a norm, where it is above."""
        norm = tf.sqrt(self._moments[0])
        factor = tf.where(norm > limit, limit / norm, 1)
        self._scale.assign(self._scale * factor)
        self._moments.assign(self._moments * tf.stack([factor * factor, factor, tf.ones_like(factor)]))

    def settle(self) -> None:
        """Moves every row of the table to where it is by now, on every replica."""
        self._strategy.extended.update(self._table, lambda table: self._settle(), group=False)

    def _settle(self) -> None:
        moving = tf.cast(tf.where(self._last_step != AT_REST)[:, 0], tf.int32)
        weight, velocity = self._now(moving, tf.gather(self._table, moving))
        tf.cond(self._scale == 1, lambda: None, self._fold_scale)
        self._write(moving, weight, velocity, self._clock)
        self._measure(moving)

    def _fold_scale(self) -> None:
        self._table.assign(self._table * tf.cast(self._scale, self._table.dtype))
        self._scale.assign(1)

    def _sweep(self) -> None:
        """Brings the rows that have come to rest up to date."""
        is_due = (self._last_step != AT_REST) & (self._clock - self._last_step >= self._still)
        rows = tf.cast(tf.where(is_due)[:, 0], tf.int32)
        weight, velocity = self._now(rows, tf.gather(self._table, rows))
        self._write(rows, weight, tf.zeros_like(velocity), tf.constant(AT_REST))

    def _measure(self, moving: tf.Tensor) -> None:
        """S, C and Q of a settled table; rows that do not move have no velocity."""
        moments = _moments(tf.gather(self._table, moving), tf.gather(self._velocity, moving))
        whole = tf.cast(2 * tf.nn.l2_loss(self._table), tf.float64)
        self._moments.assign(tf.stack([whole, moments[1], moments[2]]))

    def _now(self, rows: tf.Tensor, stored: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Weight and velocity of some rows as they are by now, given what is stored."""
        age = tf.minimum(self._clock - tf.gather(self._last_step, rows), len(self._decay) - 1)
        velocity = tf.gather(self._velocity, rows)
        moved = stored + velocity * self._by_age(self._travel, age)
        return tf.cast(self._scale, stored.dtype) * moved, velocity * self._by_age(self._decay, age)

    def _by_age(self, values: tf.Tensor | np.ndarray, age: tf.Tensor) -> tf.Tensor:
        return tf.gather(tf.cast(values, self._table.dtype), age)[:, None]

    def _write(self, rows: tf.Tensor, weight: tf.Tensor, velocity: tf.Tensor, last_step: tf.Tensor) -> None:
        stored = weight / tf.cast(self._scale, weight.dtype)
        self._table.scatter_update(tf.IndexedSlices(stored, rows))
        self._velocity.scatter_update(tf.IndexedSlices(velocity, rows))
        self._last_step.scatter_update(tf.IndexedSlices(tf.fill(tf.shape(rows), last_step), rows))


def _moments(weight: tf.Tensor, velocity: tf.Tensor) -> tf.Tensor:
    """|W|^2, <W, v> and |v|^2 in float64."""
    weight, velocity = tf.reshape(weight, (1, -1)), tf.reshape(velocity, (-1, 1))
    products = (2 * tf.nn.l2_loss(weight), tf.matmul(weight, velocity)[0, 0], 2 * tf.nn.l2_loss(velocity))
    return tf.stack([tf.cast(product, tf.float64) for product in products])
