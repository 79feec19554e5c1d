"""A list of rows as sequences again."""

import keras
from keras import ops

from cocoqa_keras.serialization import serializable


@serializable
class TimeFold(keras.layers.Layer):
    """(N T, D) -> (N, T, D).

    Args:
        timespan: T, where it is the same for every batch.

    Call arguments:
        rows: (N T, D), or (N T,)
        like: (N, T) or (N, T, ...), where the rows come from: gives N and T, which then may change from
            batch to batch.

    Returns:
        (N, T, D), or (N, T)

    Reference:
        The 2015 program's `timeFold` stage.
    """

    def __init__(self, timespan: int | None = None, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.input_spec = keras.layers.InputSpec(max_ndim=2)
        self.timespan = timespan

    def call(self, rows: keras.KerasTensor, like: keras.KerasTensor | None = None) -> keras.KerasTensor:
        """Folds the rows."""
        leading = (-1, self.timespan) if like is None else ops.shape(like)[:2]
        return ops.reshape(rows, (*leading, *rows.shape[1:]))

    def compute_output_shape(
        self, rows_shape: tuple[int | None, ...], like_shape: tuple[int | None, ...] | None = None
    ) -> tuple[int | None, ...]:
        """(N, T, D)."""
        if like_shape is not None:
            return (*like_shape[:2], *rows_shape[1:])
        count = None if rows_shape[0] is None else rows_shape[0] // self.timespan
        return (count, self.timespan, *rows_shape[1:])

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {**super().get_config(), "timespan": self.timespan}
