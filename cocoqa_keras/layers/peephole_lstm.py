"""The LSTM of the 2015 program: full-matrix peepholes, each gate's weights in one matrix."""

import keras
import tensorflow as tf

from cocoqa_keras.layers.packed_sequence import Packing, is_not_zero, sequence_lengths, zero_past_end
from cocoqa_keras.layers.peephole_recurrence import (
    LSTMStates,
    PeepholeWeights,
    peephole_recurrence,
    peephole_states,
)
from cocoqa_keras.layers.take_rows import take_rows
from cocoqa_keras.serialization import serializable

GATES = ("input_gate", "forget_gate", "candidate", "output_gate")  # in the order of weight files: I, F, Z, O


@serializable
class PeepholeLSTM(keras.layers.Layer):
    """An LSTM whose gates see the cell through full matrices.

        i = sigmoid([x, h', c', 1] W_I)      f = sigmoid([x, h', c', 1] W_F)      z = tanh([x, h', 1] W_Z)
        c = f c' + i z                       o = sigmoid([x, h', c, 1] W_O)       h = o tanh(c)

    h', c' are those of the step before, zero at first. A sequence ends before its first all-zero step, so
    padding needs no mask; what comes after the end is neither computed nor given a gradient, unless
    `gradient_past_end` asks for it.

    Args:
        units: H, width of the hidden state.
        return_sequences: return h of every step (zeros past the end) instead of the last one.
        cut_off_zero_end: whether an all-zero step ends a sequence.
        gate_initializers: initial values of W_I, W_F, W_Z and W_O, bias rows included.
        gradient_past_end: with `return_sequences`, let the gradient that comes in past a sequence's end flow
            back as if the sequence ran on to the end of the longest of the batch, as the 2015 program does.
            The outputs there stay zero, but the steps must be computed.

    Call arguments:
        sequences: (N, T, D), N and T free; with `positions`, the distinct steps (U, D).
        positions: the place of each step among the distinct ones, int32 (N, T).

    Returns:
        (N, H), zeros for a sequence without a real step, or (N, T, H).

    Reference:
        Ren, Kiros and Zemel (2015), section 3.1; the 2015 program's `lstm` stage.
    """

    def __init__(
        self,
        units: int,
        return_sequences: bool = False,
        cut_off_zero_end: bool = True,
        gate_initializers: list | None = None,
        gradient_past_end: bool = False,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.return_sequences = return_sequences
        self.cut_off_zero_end = cut_off_zero_end
        self.gradient_past_end = gradient_past_end
        initializers = gate_initializers or ["glorot_uniform"] * len(GATES)
        self.supports_jit = False  # the shapes of packed steps change from batch to batch
        self.gate_initializers = [keras.initializers.get(initializer) for initializer in initializers]

    def build(self, sequences_shape: tuple[int | None, ...]) -> None:
        """Makes W_I, W_F, W_O, (D + 2 H + 1, H) each, and W_Z, (D + H + 1, H): rows x, h, c, bias."""
        self._width = sequences_shape[-1]
        with_cell = self._width + 2 * self.units + 1
        for gate, initializer in zip(GATES, self.gate_initializers, strict=True):
            rows = with_cell - self.units if gate == "candidate" else with_cell
            weight = self.add_weight(name=gate, shape=(rows, self.units), initializer=initializer)
            setattr(self, gate, weight)

    def call(
        self,
        sequences: keras.KerasTensor,
        positions: keras.KerasTensor | None = None,
        training: bool | None = None,
    ) -> keras.KerasTensor:
        """Runs over the real steps of each sequence."""
        count, timespan = _sizes(sequences, positions)
        lengths = self._lengths(sequences, positions)
        runs_on = self.return_sequences and self.gradient_past_end
        packing = Packing.of_lengths(tf.fill([count], tf.reduce_max(lengths)) if runs_on else lengths)
        projections, weights = self._project(sequences, positions, packing)
        hidden = peephole_recurrence(projections, weights, packing, bool(training))
        if not self.return_sequences:
            return packing.last(hidden)
        steps = packing.unpack(hidden, count, timespan)
        return zero_past_end(steps, lengths) if runs_on else self._finish_sequences(steps, packing, hidden)

    def states(self, sequences: tf.Tensor, positions: tf.Tensor | None = None) -> LSTMStates:
        """Gates, cell and hidden state at every step, (N, T, H) each, zeros past a sequence's end.

        Args:
            sequences: (N, T, D); with `positions`, the distinct steps (U, D).
            positions: the place of each step among the distinct ones, int32 (N, T).
        """
        packing = Packing.of_lengths(self._lengths(sequences, positions))
        states = peephole_states(*self._project(sequences, positions, packing), packing)
        return LSTMStates(*(packing.unpack(rows, *_sizes(sequences, positions)) for rows in states))

    def _lengths(self, sequences: tf.Tensor, positions: tf.Tensor | None) -> tf.Tensor:
        """The number of steps of each sequence, int32 (N,)."""
        if self.cut_off_zero_end:
            return sequence_lengths(is_not_zero(sequences, positions))
        count, timespan = _sizes(sequences, positions)
        return tf.fill([count], timespan)

    def _project(
        self, sequences: tf.Tensor, positions: tf.Tensor | None, packing: Packing
    ) -> tuple[tf.Tensor, PeepholeWeights]:
        """What the recurrence starts from: x W_x + b of all packed steps, and the other weights."""
        kernel, bias, weights = self._assemble()
        if positions is None:
            return tf.nn.bias_add(packing.pack(sequences) @ kernel, bias), weights
        # A step that occurs often is projected once.
        return take_rows(tf.nn.bias_add(sequences @ kernel, bias), packing.pack(positions)), weights

    def _finish_sequences(self, steps: tf.Tensor, packing: Packing, hidden: tf.Tensor) -> tf.Tensor:
        """The output, made of h of all steps, (N, T, H), and of the packed steps."""
        return steps

    def _gates(self) -> list[tf.Tensor]:
        """W_I, W_F, W_Z and W_O."""
        return [getattr(self, gate).value for gate in GATES]

    def _assemble(self) -> tuple[tf.Tensor, tf.Tensor, PeepholeWeights]:
        """The blocks of the gates' matrices side by side, in the recurrence's order i, f, o, z."""
        sizes = [self._width, self.units, self.units, 1]
        input_gate, forget_gate, candidate, output_gate = self._gates()
        with_cell = [tf.split(gate, sizes) for gate in (input_gate, forget_gate, output_gate)]
        x, h, bias = tf.split(candidate, [self._width, self.units, 1])
        kernels, recurrents, peepholes, biases = zip(*with_cell, strict=True)
        weights = PeepholeWeights(tf.concat([*recurrents, h], 1), tf.concat(peepholes, 1))
        return tf.concat([*kernels, x], 1), tf.concat([*biases, bias], 1)[0], weights

    def compute_output_shape(
        self, sequences_shape: tuple[int | None, ...], positions_shape: tuple[int | None, ...] | None = None
    ) -> tuple[int | None, ...]:
        """(N, H) or (N, T, H)."""
        leading = sequences_shape[:2] if positions_shape is None else positions_shape
        return (*(leading if self.return_sequences else leading[:1]), self.units)

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {
            **super().get_config(),
            "units": self.units,
            "return_sequences": self.return_sequences,
            "cut_off_zero_end": self.cut_off_zero_end,
            "gate_initializers": [keras.initializers.serialize(i) for i in self.gate_initializers],
            "gradient_past_end": self.gradient_past_end,
        }


def _sizes(sequences: tf.Tensor, positions: tf.Tensor | None) -> list[tf.Tensor]:
    """N and T."""
    return tf.unstack(tf.shape(sequences if positions is None else positions)[:2])
