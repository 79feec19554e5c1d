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


def peephole_recurrence(projections: tf.Tensor, weights: PeepholeWeights, packing: Packing) -> tf.Tensor:
    """Hidden states of all packed steps.

    Args:
        projections: (P, 4 H), x W_x + b of the gates i, f, o, z side by side.
        weights: recurrent and peephole weights.
        packing: where the steps lie.

    Returns:
        (P, H), h of every packed step.
    """
    return _recurrence(projections, weights.recurrent, weights.peephole, packing.sizes)


@tf.custom_gradient
def _recurrence(
    projections: tf.Tensor, recurrent: tf.Tensor, peephole: tf.Tensor, sizes: tf.Tensor
) -> tuple[tf.Tensor, object]:
    weights = PeepholeWeights(recurrent, peephole)
    states = _forward(projections, weights, sizes)

    def gradient(output_gradient: tf.Tensor) -> tuple[tf.Tensor | None, ...]:
        gates = _backward(output_gradient, states, weights, sizes)
        return gates, *_weight_gradients(gates, states, sizes), None

    return states.hidden.concat(), gradient


class _States(NamedTuple):
    """What the forward pass leaves for the backward pass: tensor arrays with an element a step."""

    hidden: tf.TensorArray  # (n, H)
    cell: tf.TensorArray  # (n, H)
    activations: tf.TensorArray  # (n, 5 H): i, f, o, z, tanh(c)


def _step_array(sizes: tf.Tensor, width: int, dtype: tf.DType) -> tf.TensorArray:
    return tf.TensorArray(
        dtype, tf.shape(sizes)[0], infer_shape=False, element_shape=(None, width), clear_after_read=False
    )


def _forward(projections: tf.Tensor, weights: PeepholeWeights, sizes: tf.Tensor) -> _States:
    units = weights.recurrent.shape[0]
    dtype = projections.dtype
    starts = tf.cumsum(sizes, exclusive=True)
    states = _States(*(_step_array(sizes, width * units, dtype) for width in (1, 1, 5)))

    def step(t: tf.Tensor, hidden: tf.Tensor, cell: tf.Tensor, peeped: tf.Tensor, states: _States) -> tuple:
        alive = sizes[t]
        cell = cell[:alive]
        arguments = projections[starts[t] : starts[t] + alive] + hidden[:alive] @ weights.recurrent
        input_forget = tf.sigmoid(arguments[:, : 2 * units] + peeped[:alive, : 2 * units])
        candidate = tf.tanh(arguments[:, 3 * units :])
        cell = input_forget[:, units:] * cell + input_forget[:, :units] * candidate
        peeped = cell @ weights.peephole
        output = tf.sigmoid(arguments[:, 2 * units : 3 * units] + peeped[:, 2 * units :])
        squashed = tf.tanh(cell)
        hidden = output * squashed
        activations = tf.concat([input_forget, output, candidate, squashed], 1)
        states = _States(
            states.hidden.write(t, hidden),
            states.cell.write(t, cell),
            states.activations.write(t, activations),
        )
        return t + 1, hidden, cell, peeped, states

    examples = tf.reduce_max(tf.concat([sizes, [0]], 0))
    start = [tf.zeros((examples, width * units), dtype) for width in (1, 1, 3)]
    loose = [tf.TensorShape((None, width * units)) for width in (1, 1, 3)]
    *_, states = tf.while_loop(
        lambda t, *_: t < tf.shape(sizes)[0],
        step,
        (0, *start, states),
        shape_invariants=(tf.TensorShape(()), *loose, _States(*[tf.TensorShape(None)] * 3)),
        parallel_iterations=1,
    )
    return states


def _backward(
    output_gradient: tf.Tensor, states: _States, weights: PeepholeWeights, sizes: tf.Tensor
) -> tf.Tensor:
    """Gradients of the arguments of all packed steps, (P, 4 H), gates i, f, o, z side by side."""
    units = weights.recurrent.shape[0]
    dtype = output_gradient.dtype
    starts = tf.cumsum(sizes, exclusive=True)

    def step(
        t: tf.Tensor, d_hidden: tf.Tensor, d_cell: tf.Tensor, peeped: tf.Tensor, gates: tf.TensorArray
    ) -> tuple:
        alive = sizes[t]
        ending = [[0, alive - tf.shape(d_hidden)[0]], [0, 0]]  # sequences whose last step this is
        activations = states.activations.read(t)
        activations.set_shape((None, 5 * units))
        i, f, o, z, squashed = tf.split(activations, 5, axis=1)
        previous_cell = tf.cond(
            t > 0, lambda: states.cell.read(t - 1)[:alive], lambda: tf.zeros((alive, units), dtype)
        )
        d_hidden = tf.pad(d_hidden, ending) + output_gradient[starts[t] : starts[t] + alive]
        d_output = d_hidden * squashed * o * (1 - o)
        d_cell = tf.pad(d_cell, ending) + d_hidden * o * (1 - squashed * squashed)
        d_cell += tf.matmul(
            tf.concat([tf.pad(peeped, ending), d_output], 1), weights.peephole, transpose_b=True
        )
        d_gates = tf.concat(
            [
                d_cell * z * i * (1 - i),
                d_cell * previous_cell * f * (1 - f),
                d_output,
                d_cell * i * (1 - z * z),
            ],
            1,
        )
        d_hidden = tf.matmul(d_gates, weights.recurrent, transpose_b=True)
        return t - 1, d_hidden, d_cell * f, d_gates[:, : 2 * units], gates.write(t, d_gates)

    loose = [tf.TensorShape((None, width * units)) for width in (1, 1, 2)]
    *_, gates = tf.while_loop(
        lambda t, *_: t >= 0,
        step,
        (
            tf.shape(sizes)[0] - 1,
            *(tf.zeros((0, width * units), dtype) for width in (1, 1, 2)),
            _step_array(sizes, 4 * units, dtype),
        ),
        shape_invariants=(tf.TensorShape(()), *loose, tf.TensorShape(None)),
        parallel_iterations=1,
    )
    return gates.concat()


def _weight_gradients(gates: tf.Tensor, states: _States, sizes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Gradients of the recurrent and the peephole weights."""
    units = gates.shape[1] // 4
    hidden, cell = states.hidden.concat(), states.cell.concat()
    # Row r at step t continues row r at step t - 1; the first step continues nothing.
    later = sizes[1:]
    before = tf.repeat(tf.cumsum(sizes, exclusive=True)[:-1] - tf.cumsum(later, exclusive=True), later)
    previous = before + tf.range(tf.reduce_sum(later))
    later_gates = gates[tf.shape(gates)[0] - tf.shape(previous)[0] :]
    d_recurrent = tf.matmul(tf.gather(hidden, previous), later_gates, transpose_a=True)
    d_input_forget = tf.matmul(tf.gather(cell, previous), later_gates[:, : 2 * units], transpose_a=True)
    d_output = tf.matmul(cell, gates[:, 2 * units : 3 * units], transpose_a=True)
    return d_recurrent, tf.concat([d_input_forget, d_output], 1)
