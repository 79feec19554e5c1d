"""Sequences of different lengths without their padding, step by step in one matrix."""

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf


def sequence_lengths(is_real: tf.Tensor) -> tf.Tensor:
    """Steps before the first one that is not real.

    Args:
        is_real: (N, T) bool

    Returns:
        (N,) int32, 0 ... T.
    """
    return tf.reduce_sum(tf.math.cumprod(tf.cast(is_real, tf.int32), axis=1), axis=1)


def is_not_zero(steps: tf.Tensor, positions: tf.Tensor | None = None) -> tf.Tensor:
    """Which steps of sequences are not all zero.

    Args:
        steps: (N, T, D); with `positions`, the distinct steps (U, D).
        positions: the place of each step among the distinct ones, int32 (N, T).

    Returns:
        (N, T) bool
    """
    flags = tf.reduce_any(steps != 0, axis=-1)
    return flags if positions is None else tf.gather(flags, positions)


@tf.custom_gradient
def zero_past_end(steps: tf.Tensor, lengths: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    """Steps of sequences, (N, T, D), zero from `lengths`, (N,), on; its gradient is that of `steps`."""
    is_real = tf.sequence_mask(lengths, tf.shape(steps)[1])[:, :, None]
    return tf.where(is_real, steps, tf.zeros_like(steps)), lambda upstream: (upstream, None)


@dataclass(frozen=True)
class Packing:
    """Where the real steps of N sequences lie in a packed matrix of P rows.

    The sequences are taken in order of falling length, and the matrix holds step 0 of all, then step 1
    of those that have one, and so on. So the sequences alive at step t are the first `sizes[t]`, their
    rows are contiguous, and row r at step t continues row r at step t - 1.

    Attributes:
        indices: (P, 2) int32: sequence and step of each row.
        sizes: (S,) int32: sequences alive at each step, S being the longest length, at least 1.
        final_rows: (N,) int32: the row of each sequence's last step plus one; 0 for an empty sequence.
    """

    indices: tf.Tensor
    sizes: tf.Tensor
    final_rows: tf.Tensor

    @classmethod
    def of_lengths(cls, lengths: tf.Tensor) -> "Packing":
        """The packing of sequences of these lengths, (N,) int32."""
        order = tf.argsort(lengths, direction="DESCENDING", stable=True)
        steps = tf.range(tf.reduce_max(tf.concat([lengths, [1]], 0)))
        is_alive = tf.gather(lengths, order)[None, :] > steps[:, None]
        sizes = tf.reduce_sum(tf.cast(is_alive, tf.int32), axis=1)
        step, rank = tf.unstack(tf.cast(tf.where(is_alive), tf.int32), axis=1)
        ends = tf.concat([[0], tf.cumsum(sizes)], 0)
        rank_of = tf.math.invert_permutation(order)
        # ends[length - 1] is the first row of the last step; ends[0] = 0 serves the empty ones.
        first_rows = tf.gather(ends, tf.maximum(lengths - 1, 0))
        final_rows = tf.where(lengths > 0, first_rows + rank_of + 1, 0)
        return cls(tf.stack([tf.gather(order, rank), step], 1), sizes, final_rows)

    def pack(self, sequences: tf.Tensor) -> tf.Tensor:
        """(N, T, ...) -> (P, ...)."""
        return tf.gather_nd(sequences, self.indices)

    def unpack(self, rows: tf.Tensor, count: tf.Tensor, timespan: tf.Tensor) -> tf.Tensor:
        """(P, D) -> (N, T, D), zeros after each sequence's end."""
        return tf.scatter_nd(self.indices, rows, (count, timespan, rows.shape[-1]))

    def last(self, rows: tf.Tensor) -> tf.Tensor:
        """(P, D) -> (N, D): the row of each sequence's last step; zeros for an empty sequence."""
        return tf.gather(tf.pad(rows, [[1, 0], [0, 0]]), self.final_rows)
