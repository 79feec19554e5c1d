"""The LSTM against a slow reference, its ends of sequences, and its gradients."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.layers import OneMatrixLSTM, PeepholeLSTM


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def reference(sequences, weights, return_sequences, cut_off_zero_end, lengths):
    """The formulas of the layer one example and one step at a time, for real or complex numbers."""
    w_i, w_f, w_z, w_o = weights
    count, timespan, _ = sequences.shape
    units = w_i.shape[1]
    hidden = np.zeros((count, timespan, units), np.result_type(sequences, *weights))
    last = np.zeros((count, units), hidden.dtype)
    for n in range(count):
        h, c = np.zeros(units), np.zeros(units)
        for t in range(lengths[n] if cut_off_zero_end else timespan):
            x = sequences[n, t]
            i = sigmoid(np.concatenate([x, h, c, [1]]) @ w_i)
            f = sigmoid(np.concatenate([x, h, c, [1]]) @ w_f)
            z = np.tanh(np.concatenate([x, h, [1]]) @ w_z)
            c = f * c + i * z
            o = sigmoid(np.concatenate([x, h, c, [1]]) @ w_o)
            h = o * np.tanh(c)
            hidden[n, t] = last[n] = h
    return hidden if return_sequences else last


def problem(random, lengths, timespan, width=2, units=3):
    """Sequences of given lengths, zeros after the end, and the weights of the four gates."""
    sequences = random.standard_normal((len(lengths), timespan, width))
    sequences[np.arange(timespan)[None, :] >= np.array(lengths)[:, None]] = 0
    rows = [width + 2 * units + 1, width + 2 * units + 1, width + units + 1, width + 2 * units + 1]
    return sequences, [random.standard_normal((count, units)) for count in rows]


@functools.cache
def compiled(width, units, **options):
    """A layer in double precision, and a graph of its outputs and gradients for any batch and length."""
    layer = PeepholeLSTM(units, dtype="float64", **options)
    layer.build((None, None, width))
    weights = [weight.value for weight in layer.weights]
    output_shape = layer.compute_output_shape((None, None, width))

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, None, width), tf.float64),
            tf.TensorSpec(output_shape, tf.float64),
        ]
    )
    def graph(sequences, output_gradient):
        with tf.GradientTape() as tape:
            tape.watch(sequences)
            outputs = layer(sequences, training=True)
        return outputs, tape.gradient(outputs, [sequences, *weights], output_gradient)

    return layer, graph


def run(sequences, weights, output_gradient=None, **options):
    """Outputs of the layer, and the gradients of sum(outputs * output_gradient)."""
    units = weights[0].shape[1]
    layer, graph = compiled(sequences.shape[-1], units, **options)
    layer.set_weights(weights)
    if output_gradient is None:
        shape = layer.compute_output_shape(sequences.shape)
        output_gradient = np.random.RandomState(9).standard_normal(shape[:1] + shape[-1:])
        if len(shape) == 3:  # the same for every step, however many there are
            output_gradient = np.repeat(output_gradient[:, None], shape[1], axis=1)
    outputs, gradients = graph(sequences, output_gradient)
    return outputs.numpy(), [gradient.numpy() for gradient in gradients]


SHAPES = st.integers(1, 4).flatmap(
    lambda timespan: st.tuples(st.just(timespan), st.lists(st.integers(0, timespan), min_size=1, max_size=4))
)


@settings(max_examples=25)
@given(shape=SHAPES, seed=st.integers(0, 1000), return_sequences=st.booleans(), cut=st.booleans())
def test_outputs_and_gradients_equal_the_reference(shape, seed, return_sequences, cut):
    """Gradients by a complex step: the imaginary part of f(x + i h d) / h is the slope along d, exactly."""
    timespan, lengths = shape
    random = np.random.RandomState(seed)
    sequences, weights = problem(random, lengths, timespan)
    options = {"return_sequences": return_sequences, "cut_off_zero_end": cut}
    expected = reference(sequences, weights, lengths=lengths, **options)
    output_gradient = random.standard_normal(expected.shape)
    outputs, gradients = run(sequences, weights, output_gradient=output_gradient, **options)
    np.testing.assert_allclose(outputs, expected, rtol=1e-12, atol=1e-13)

    tensors = [sequences, *weights]
    for index, gradient in enumerate(gradients):
        direction = random.standard_normal(gradient.shape)
        moved = list(tensors)
        moved[index] = tensors[index] + 1e-30j * direction
        slope = np.sum(
            reference(moved[0], moved[1:], lengths=lengths, **options).imag * output_gradient / 1e-30
        )
        np.testing.assert_allclose(np.sum(gradient * direction), slope, rtol=1e-10, atol=1e-12)


ENDS = {
    "one step": ([1], 1),
    "one empty step": ([0], 1),
    "all empty": ([0, 0, 0], 4),
    "all full": ([4, 4], 4),
    "one example": ([3], 4),
    "longest last": ([0, 1, 2, 4], 4),
}


@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("what", ENDS)
def test_ends_of_the_range_of_lengths(what, return_sequences):
    lengths, timespan = ENDS[what]
    sequences, weights = problem(np.random.RandomState(5), lengths, timespan)
    outputs, gradients = run(sequences, weights, return_sequences=return_sequences)
    expected = reference(sequences, weights, return_sequences, True, lengths)
    np.testing.assert_allclose(outputs, expected, rtol=1e-12, atol=1e-14)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    if not any(lengths):
        assert not outputs.any()
        assert not any(gradient.any() for gradient in gradients)


def test_a_batch_without_examples_has_an_empty_output():
    sequences, weights = problem(np.random.RandomState(5), [2], 3)
    assert run(sequences[:0], weights)[0].shape == (0, 3)
    assert run(sequences[:0], weights, return_sequences=True)[0].shape == (0, 3, 3)


@given(lengths=st.lists(st.integers(0, 3), min_size=1, max_size=4), seed=st.integers(0, 100))
@settings(max_examples=10)
@pytest.mark.parametrize("return_sequences", [False, True])
def test_longer_padding_changes_neither_outputs_nor_gradients(return_sequences, lengths, seed):
    sequences, weights = problem(np.random.RandomState(seed), lengths, 3)
    longer = np.pad(sequences, [(0, 0), (0, 2), (0, 0)])
    short_output, short_gradients = run(sequences, weights, return_sequences=return_sequences)
    long_output, long_gradients = run(longer, weights, return_sequences=return_sequences)
    if return_sequences:
        assert not long_output[:, 3:].any()
        long_output = long_output[:, :3]
    np.testing.assert_array_equal(long_output, short_output)
    np.testing.assert_array_equal(long_gradients[0][:, :3], short_gradients[0])
    for long, short in zip(long_gradients[1:], short_gradients[1:], strict=True):
        np.testing.assert_array_equal(long, short)


def test_steps_after_the_end_get_no_gradient_and_the_others_do():
    lengths = [0, 1, 3, 5]
    sequences, weights = problem(np.random.RandomState(1), lengths, 5)
    gradient = run(sequences, weights)[1][0]
    is_real = np.arange(5)[None, :] < np.array(lengths)[:, None]
    assert not gradient[~is_real].any()
    assert np.abs(gradient[is_real]).min() > 0


def test_a_sequence_ends_at_its_first_empty_step_whatever_comes_after():
    sequences, weights = problem(np.random.RandomState(1), [4], 4)
    sequences[0, 2] = 0
    outputs, gradients = run(sequences, weights)
    np.testing.assert_allclose(outputs, reference(sequences, weights, False, True, [2]), rtol=1e-12)
    assert not gradients[0][0, 2:].any()


def test_the_order_of_the_examples_does_not_matter():
    sequences, weights = problem(np.random.RandomState(1), [2, 0, 4, 1, 4], 4)
    order = [3, 1, 4, 0, 2]
    outputs, gradients = run(sequences, weights, np.ones((5, 3)))
    shuffled_outputs, shuffled_gradients = run(sequences[order], weights, np.ones((5, 3)))
    np.testing.assert_allclose(shuffled_outputs, outputs[order], rtol=1e-13)
    np.testing.assert_allclose(shuffled_gradients[0], gradients[0][order], rtol=1e-13)
    np.testing.assert_allclose(shuffled_gradients[1], gradients[1], rtol=1e-12)


@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("what", ENDS)
def test_a_layer_called_directly_gives_what_a_compiled_one_gives(what, return_sequences):
    lengths, timespan = ENDS[what]
    sequences, weights = problem(np.random.RandomState(5), lengths, timespan)
    shape = (len(lengths), *([timespan] if return_sequences else []), 3)
    expected = run(sequences, weights, np.ones(shape), return_sequences=return_sequences)
    layer = PeepholeLSTM(3, return_sequences, dtype="float64")
    layer.build(sequences.shape)
    layer.set_weights(weights)
    inputs = tf.constant(sequences)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=True)
    np.testing.assert_allclose(outputs, expected[0], rtol=1e-13)
    for gradient, compiled_gradient in zip(
        tape.gradient(outputs, [inputs, *(weight.value for weight in layer.weights)]),
        expected[1],
        strict=True,
    ):
        np.testing.assert_allclose(gradient, compiled_gradient, rtol=1e-12, atol=1e-14)


def test_float32_stays_near_float64():
    sequences, weights = problem(np.random.RandomState(1), [2, 0, 4, 1], 4)
    layer = PeepholeLSTM(3)
    layer.build(sequences.shape)
    layer.set_weights(weights)
    outputs = layer(sequences.astype("float32"))
    assert outputs.dtype == tf.float32
    np.testing.assert_allclose(outputs, run(sequences, weights)[0], rtol=1e-5, atol=1e-6)


def shift(steps):
    """The value of each step's predecessor, zero before the first."""
    return np.pad(steps, [(0, 0), (1, 0), (0, 0)])[:, :-1]


@pytest.mark.parametrize("cut_off_zero_end", [True, False])
@pytest.mark.parametrize("what", ENDS)
def test_the_states_of_every_step_satisfy_the_formulas_and_end_in_the_output(what, cut_off_zero_end):
    lengths, timespan = ENDS[what]
    sequences, weights = problem(np.random.RandomState(5), lengths, timespan)
    layer = PeepholeLSTM(3, cut_off_zero_end=cut_off_zero_end, dtype="float64")
    layer.build(sequences.shape)
    layer.set_weights(weights)
    i, f, z, o, c, h = (part.numpy() for part in layer.states(tf.constant(sequences)))

    is_real = np.arange(timespan)[None, :] < np.array(lengths)[:, None]
    is_real |= not cut_off_zero_end
    ones = np.ones((*is_real.shape, 1))
    with_cell = np.concatenate([sequences, shift(h), shift(c), ones], axis=2)
    expected = [
        sigmoid(with_cell @ weights[0]),
        sigmoid(with_cell @ weights[1]),
        np.tanh(np.concatenate([sequences, shift(h), ones], axis=2) @ weights[2]),
        sigmoid(np.concatenate([sequences, shift(h), c, ones], axis=2) @ weights[3]),
        f * shift(c) + i * z,
        o * np.tanh(c),
    ]
    for part, other in zip((i, f, z, o, c, h), expected, strict=True):
        np.testing.assert_allclose(part, np.where(is_real[:, :, None], other, 0), rtol=1e-12)
    layer.return_sequences = True
    np.testing.assert_allclose(h, layer(sequences), rtol=1e-13)


def test_the_one_matrix_lstm_tells_its_states_too():
    sequences, _ = problem(np.random.RandomState(5), [2, 0, 4], 4)
    layer = OneMatrixLSTM(3, cut_off_zero_end=True)
    outputs = layer(sequences)
    hidden = layer.states(tf.constant(sequences, tf.float32)).hidden
    np.testing.assert_allclose(hidden[2, 3], outputs[2], rtol=1e-6)
    np.testing.assert_allclose(hidden[0, 1], outputs[0], rtol=1e-6)
    assert not hidden[1].numpy().any()


def test_weights_have_the_rows_of_weight_files():
    layer = PeepholeLSTM(3)
    layer.build((None, None, 2))
    assert [weight.name for weight in layer.weights] == [
        "input_gate",
        "forget_gate",
        "candidate",
        "output_gate",
    ]
    assert [tuple(weight.shape) for weight in layer.weights] == [(9, 3), (9, 3), (6, 3), (9, 3)]
