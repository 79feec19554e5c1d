"""The peephole LSTM with all its weights in one matrix."""

import keras
import tensorflow as tf

from cocoqa_keras.layers.packed_sequence import Packing
from cocoqa_keras.layers.peephole_lstm import PeepholeLSTM
from cocoqa_keras.serialization import serializable


@serializable
class OneMatrixLSTM(PeepholeLSTM):
    """The same cell as `PeepholeLSTM`; its weights are one matrix, and so clipped as one.

    Args:
        units: H, width of the hidden state.
        return_sequences: return h of every step (zeros past the end) instead of the last one and, where
            `cut_off_zero_end`, the last real one again as an additional step.
        cut_off_zero_end: whether an all-zero step ends a sequence.
        matrix_initializer: initial values of the matrix.

    Call arguments:
        sequences: (N, T, D), N and T free; with `positions`, the distinct steps (U, D).
        positions: the place of each step among the distinct ones, int32 (N, T).

    Returns:
        (N, H), zeros for a sequence without a real step; (N, T + 1, H), or (N, T, H) without an end.

    Reference:
        The 2015 program's `lstm_old` stage.
    """

    def __init__(
        self,
        units: int,
        return_sequences: bool = False,
        cut_off_zero_end: bool = True,
        matrix_initializer: str | dict | keras.initializers.Initializer = "glorot_uniform",
        **kwargs: object,
    ) -> None:
        super().__init__(units, return_sequences, cut_off_zero_end, **kwargs)
        self.matrix_initializer = keras.initializers.get(matrix_initializer)

    def build(self, sequences_shape: tuple[int | None, ...]) -> None:
        """Makes the matrix [W_I; W_F; W_Z; W_O]^T, (H, 4 D + 7 H + 4)."""
        self._width = sequences_shape[-1]
        shape = (self.units, 4 * self._width + 7 * self.units + 4)
        self.matrix = self.add_weight(name="matrix", shape=shape, initializer=self.matrix_initializer)

    def _gates(self) -> list[tf.Tensor]:
        candidate = self._width + self.units + 1
        with_cell = candidate + self.units
        return tf.split(tf.transpose(self.matrix.value), [with_cell, with_cell, candidate, with_cell])

    def _finish_sequences(self, steps: tf.Tensor, packing: Packing, hidden: tf.Tensor) -> tf.Tensor:
        if not self.cut_off_zero_end:
            return steps
        return tf.concat([steps, packing.last(hidden)[:, None]], 1)

    def compute_output_shape(
        self, sequences_shape: tuple[int | None, ...], positions_shape: tuple[int | None, ...] | None = None
    ) -> tuple[int | None, ...]:
        """(N, H), (N, T + 1, H) or (N, T, H)."""
        shape = super().compute_output_shape(sequences_shape, positions_shape)
        if not (self.return_sequences and self.cut_off_zero_end) or shape[1] is None:
            return shape
        return (shape[0], shape[1] + 1, shape[2])

    def get_config(self) -> dict:
        """The arguments, for saving."""
        config = super().get_config()
        del config["gate_initializers"], config["gradient_past_end"]
        return {**config, "matrix_initializer": keras.initializers.serialize(self.matrix_initializer)}
