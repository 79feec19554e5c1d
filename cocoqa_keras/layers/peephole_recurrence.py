r"""The recurrence of the peephole LSTM and its gradient, on packed sequences.

With x_t W_x + b already computed for all steps (the projections a), c_{-1} = h_{-1} = 0:

    i_t = sigmoid(a^i_t + h_{t-1} W_hi + c_{t-1} W_ci)
    f_t = sigmoid(a^f_t + h_{t-1} W_hf + c_{t-1} W_cf)
    z_t = tanh   (a^z_t + h_{t-1} W_hz)
    c_t = f_t c_{t-1} + i_t z_t
    o_t = sigmoid(a^o_t + h_{t-1} W_ho + c_t W_co)
    h_t = o_t tanh(c_t)

Write d_v for the gradient of the cost in v and g^i, g^f, g^z, g^o for those in the arguments of the four
nonlinearities. Going back from the last step, with everything of step t + 1 zero past the end:

    d_h_t = (gradient of the output h_t) + g_{t+1} W_h^T
    g^o_t = d_h_t tanh(c_t) o_t (1 - o_t)
    d_c_t = d_h_t o_t (1 - tanh(c_t)^2) + g^o_t W_co^T            c_t feeds h_t, and o_t by its peephole,
            + d_c_{t+1} f_{t+1} + g^i_{t+1} W_ci^T + g^f_{t+1} W_cf^T     c_{t+1}, i_{t+1} and f_{t+1}
    g^i_t = d_c_t z_t i_t (1 - i_t)
    g^f_t = d_c_t c_{t-1} f_t (1 - f_t)
    g^z_t = d_c_t i_t (1 - z_t^2)

The arguments are linear in the projections and the weights, so the gradient of the projections is g itself,
that of W_h is the sum over steps of h_{t-1}^T g_t, and those of W_c the sums of c_{t-1}^T [g^i_t, g^f_t] and
c_t^T g^o_t: one product each over all packed rows. Only the sequences alive at a step are computed; they are
the first rows of the step before (see `packed_sequence`).
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from cocoqa_keras.layers.packed_sequence import Packing


class PeepholeWeights(NamedTuple):
    """What the recurrence multiplies by, H being the number of units.

    Attributes:
        recurrent: (H, 4 H), W_h of the gates i, f, o, z side by side.
        peephole: (H, 3 H), W_c of the gates i, f, o side by side.
    """

    recurrent: tf.Tensor
    peephole: tf.Tensor


class LSTMStates(NamedTuple):
    """Everything that an LSTM computes, step by step.

    Each is (P, H) packed, or (N, T, H) with zeros past a sequence's end.

    Attributes:
        input_gate: i, from 0 to 1: how much of the candidate enters the cell.
        forget_gate: f, from 0 to 1: how much of the cell stays.
        candidate: z, from -1 to 1.
        output_gate: o, from 0 to 1: how much of the cell is shown.
        cell: c.
        hidden: h, from -1 to 1.
    """

    input_gate: tf.Tensor
    forget_gate: tf.Tensor
    candidate: tf.Tensor
    output_gate: tf.Tensor
    cell: tf.Tensor
    hidden: tf.Tensor


def peephole_states(projections: tf.Tensor, weights: PeepholeWeights, packing: Packing) -> LSTMStates:
    """Gates, cell and hidden state of all packed steps, (P, H) each, to look at.

    Args:
        projections: (P, 4 H), x W_x + b of the gates i, f, o, z side by side.
        weights: recurrent and peephole weights.
        packing: where the steps lie.
    """
    history = _forward(projections, weights, packing.sizes, _Step._fields)
    step = _Step(*(history[name].concat() for name in _Step._fields))
    input_gate, forget_gate = tf.split(step.input_forget, 2, axis=1)
    return LSTMStates(input_gate, forget_gate, step.candidate, step.output, step.cell, step.hidden)


def peephole_recurrence(
    projections: tf.Tensor, weights: PeepholeWeights, packing: Packing, training: bool
) -> tf.Tensor:
    """Hidden states of all packed steps.

    Args:
        projections: (P, 4 H), x W_x + b of the gates i, f, o, z side by side.
        weights: recurrent and peephole weights.
        packing: where the steps lie.
        training: take the gradient above; otherwise TensorFlow's own, equal but slower, without which a
            SavedModel cannot hold the recurrence.

    Returns:
        (P, H), h of every packed step.
    """
    if training:
        return _recurrence(projections, weights.recurrent, weights.peephole, packing.sizes)
    return _forward(projections, weights, packing.sizes, ("hidden",))["hidden"].concat()


@tf.custom_gradient
def _recurrence(
    projections: tf.Tensor, recurrent: tf.Tensor, peephole: tf.Tensor, sizes: tf.Tensor
) -> tuple[tf.Tensor, Callable]:
    weights = PeepholeWeights(recurrent, peephole)
    history = _forward(projections, weights, sizes, _Step._fields)
    hidden, cell = history["hidden"].concat(), history["cell"].concat()

    def gradient(output_gradient: tf.Tensor) -> tuple[tf.Tensor | None, ...]:
        gates = _backward(output_gradient, _Step(**history), weights, sizes)
        return gates, *_weight_gradients(gates, hidden, cell, sizes), None

    return hidden, gradient


class _Step(NamedTuple):
    """What one step computes; as a history, tensor arrays with an element a step."""

    hidden: tf.Tensor | tf.TensorArray  # (n, H)
    cell: tf.Tensor | tf.TensorArray  # (n, H)
    input_forget: tf.Tensor | tf.TensorArray  # (n, 2 H)
    output: tf.Tensor | tf.TensorArray  # (n, H)
    candidate: tf.Tensor | tf.TensorArray  # (n, H)
    squashed: tf.Tensor | tf.TensorArray  # (n, H), tanh(c)


class _State(NamedTuple):
    """What one step hands to the next."""

    hidden: tf.Tensor  # (n, H)
    cell: tf.Tensor  # (n, H)
    peephole: tf.Tensor  # (n, 3 H), c W_c


def _step_array(steps: tf.Tensor, width: int, dtype: tf.DType) -> tf.TensorArray:
    return tf.TensorArray(
        dtype, steps, infer_shape=False, element_shape=(None, width), clear_after_read=False
    )


def _forward(
    projections: tf.Tensor, weights: PeepholeWeights, sizes: tf.Tensor, kept: tuple[str, ...]
) -> dict[str, tf.TensorArray]:
    """Runs over all steps, and keeps what is asked for of each."""
    units, steps = weights.recurrent.shape[0], tf.shape(sizes)[0]
    starts = tf.cumsum(sizes, exclusive=True)
    widths = _Step(*(2 * units if name == "input_forget" else units for name in _Step._fields))
    history = {name: _step_array(steps, getattr(widths, name), projections.dtype) for name in kept}

    def run_step(
        t: tf.Tensor | int, arguments: tf.Tensor, before: _State, history: dict[str, tf.TensorArray]
    ) -> tuple[_State, dict[str, tf.TensorArray]]:
        step, state = _advance(arguments, before, weights)
        return state, {name: array.write(t, getattr(step, name)) for name, array in history.items()}

    def later_step(t: tf.Tensor, state: _State, history: dict[str, tf.TensorArray]) -> tuple:
        alive = sizes[t]
        before = _State(*(part[:alive] for part in state))
        arguments = projections[starts[t] : starts[t] + alive] + before.hidden @ weights.recurrent
        return t + 1, *run_step(t, arguments, before, history)

    zeros = _State(*(tf.zeros((sizes[0], width * units), projections.dtype) for width in (1, 1, 3)))
    state, history = run_step(0, projections[: sizes[0]], zeros, history)
    _, _, history = tf.while_loop(
        lambda t, *_: t < steps,
        later_step,
        (1, state, history),
        shape_invariants=(
            tf.TensorShape(()),
            _State(*(tf.TensorShape((None, width * units)) for width in (1, 1, 3))),
            dict.fromkeys(history, tf.TensorShape(None)),
        ),
        parallel_iterations=1,
    )
    return history


def _advance(arguments: tf.Tensor, before: _State, weights: PeepholeWeights) -> tuple[_Step, _State]:
    """One step, given the arguments of its gates but for the peepholes."""
    units = weights.recurrent.shape[0]
    input_forget = tf.sigmoid(arguments[:, : 2 * units] + before.peephole[:, : 2 * units])
    candidate = tf.tanh(arguments[:, 3 * units :])
    cell = input_forget[:, units:] * before.cell + input_forget[:, :units] * candidate
    peephole = cell @ weights.peephole
    output = tf.sigmoid(arguments[:, 2 * units : 3 * units] + peephole[:, 2 * units :])
    squashed = tf.tanh(cell)
    hidden = output * squashed
    return _Step(hidden, cell, input_forget, output, candidate, squashed), _State(hidden, cell, peephole)


class _Carry(NamedTuple):
    """What the gradient of one step hands to the step before."""

    hidden: tf.Tensor  # (n, H), g W_h^T
    cell: tf.Tensor  # (n, H), d_c f
    input_forget: tf.Tensor  # (n, 2 H), g^i and g^f


def _backward(
    output_gradient: tf.Tensor, history: _Step, weights: PeepholeWeights, sizes: tf.Tensor
) -> tf.Tensor:
    """Gradients of the gates' arguments in all packed steps, i, f, o, z side by side, (P, 4 H)."""
    units, steps = weights.recurrent.shape[0], tf.shape(sizes)[0]
    dtype = output_gradient.dtype
    starts = tf.cumsum(sizes, exclusive=True)
    # Once for all steps: a product with a matrix that lies transposed takes up to twice as long.
    recurrent, peephole = tf.transpose(weights.recurrent), tf.transpose(weights.peephole)

    def gates_at(t: tf.Tensor | int, carry: _Carry, cell_before: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The gradient of the gates' arguments at a step, and of the cell before it through its own."""
        # Sequences whose last step this is join those that went on.
        ending = [[0, sizes[t] - tf.shape(carry.hidden)[0]], [0, 0]]
        carry = _Carry(*(tf.pad(part, ending) for part in carry))
        output, candidate = history.output.read(t), history.candidate.read(t)
        squashed, input_forget = history.squashed.read(t), history.input_forget.read(t)
        input_forget.set_shape((None, 2 * units))
        d_hidden = carry.hidden + output_gradient[starts[t] : starts[t] + sizes[t]]
        d_output = _sigmoid_gradient(output, d_hidden * squashed)
        d_cell = carry.cell + _tanh_gradient(squashed, d_hidden * output)
        d_cell += tf.concat([carry.input_forget, d_output], 1) @ peephole
        d_input_forget = _sigmoid_gradient(
            input_forget, tf.concat([d_cell * candidate, d_cell * cell_before], 1)
        )
        d_candidate = _tanh_gradient(candidate, d_cell * input_forget[:, :units])
        return tf.concat([d_input_forget, d_output, d_candidate], 1), d_cell * input_forget[:, units:]

    def later_step(t: tf.Tensor, carry: _Carry, gates: tf.TensorArray) -> tuple:
        d_gates, d_cell_before = gates_at(t, carry, history.cell.read(t - 1)[: sizes[t]])
        carry = _Carry(d_gates @ recurrent, d_cell_before, d_gates[:, : 2 * units])
        return t - 1, carry, gates.write(t, d_gates)

    _, carry, gates = tf.while_loop(
        lambda t, *_: t > 0,
        later_step,
        (
            steps - 1,
            _Carry(*(tf.zeros((0, width * units), dtype) for width in (1, 1, 2))),
            _step_array(steps, 4 * units, dtype),
        ),
        shape_invariants=(
            tf.TensorShape(()),
            _Carry(*(tf.TensorShape((None, width * units)) for width in (1, 1, 2))),
            tf.TensorShape(None),
        ),
        parallel_iterations=1,
    )
    first, _ = gates_at(0, carry, tf.zeros((sizes[0], units), dtype))
    return gates.write(0, first).concat()


def _weight_gradients(
    gates: tf.Tensor, hidden: tf.Tensor, cell: tf.Tensor, sizes: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Gradients of the recurrent and the peephole weights."""
    units = hidden.shape[1]
    later = gates[sizes[0] :]
    starts = tf.cumsum(sizes, exclusive=True)
    before = tf.ragged.range(starts[:-1], starts[:-1] + sizes[1:]).values  # the row a step earlier
    d_recurrent = tf.matmul(tf.gather(hidden, before), later, transpose_a=True)
    d_input_forget = tf.matmul(tf.gather(cell, before), later[:, : 2 * units], transpose_a=True)
    d_output = tf.matmul(cell, gates[:, 2 * units : 3 * units], transpose_a=True)
    return d_recurrent, tf.concat([d_input_forget, d_output], 1)


def _sigmoid_gradient(value: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
    """The gradient before the sigmoid, gradient value (1 - value), in one pass."""
    return tf.raw_ops.SigmoidGrad(y=value, dy=gradient)


def _tanh_gradient(value: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
    """The gradient before the tanh, gradient (1 - value^2), in one pass."""
    return tf.raw_ops.TanhGrad(y=value, dy=gradient)
