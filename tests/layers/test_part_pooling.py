"""Pooling over the parts of sequences."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.layers import PartMaxPooling, PartMeanPooling

SEQUENCE = np.array([[[1.0], [-5], [7], [4], [-2], [6]]])


def test_a_step_meets_those_a_part_further_on_and_not_its_neighbours():
    np.testing.assert_array_equal(PartMaxPooling(2)(SEQUENCE)[0, :, 0], [4, -2, 7])
    np.testing.assert_array_equal(PartMeanPooling(2)(SEQUENCE)[0, :, 0], [2.5, -3.5, 6.5])
    np.testing.assert_array_equal(PartMaxPooling(3)(SEQUENCE)[0, :, 0], [7, 6])
    np.testing.assert_allclose(PartMeanPooling(3)(SEQUENCE)[0, :, 0], [2, 5 / 3], rtol=1e-6)


def test_zeros_fill_the_last_part_up():
    np.testing.assert_array_equal(PartMaxPooling(2)(-(SEQUENCE[:, :5] ** 2))[0, :, 0], [-1, -4, 0])
    np.testing.assert_array_equal(PartMaxPooling(4)(-(SEQUENCE[:, :5] ** 2))[0, :, 0], [0, 0])


def pooled(layer, sequences, output_gradient):
    """What a layer makes of sequences, and the gradient that comes out for one sent in."""
    sequences = tf.constant(sequences)
    with tf.GradientTape() as tape:
        tape.watch(sequences)
        outputs = layer(sequences)
    return outputs, tape.gradient(outputs, sequences, output_gradient)


@given(count=st.integers(1, 3), timespan=st.integers(1, 9), window=st.integers(1, 5), seed=st.integers(0, 99))
@settings(max_examples=60)
def test_maximum_and_gradient_equal_a_loop(count, timespan, window, seed):
    random = np.random.RandomState(seed)
    sequences = random.randint(-2, 3, (count, timespan, 2)).astype("float64")  # with many equal values
    steps = -(-timespan // window)
    output_gradient = random.standard_normal((count, steps, 2))
    padded = np.concatenate([sequences, np.zeros((count, steps * window - timespan, 2))], axis=1)
    expected, d_padded = np.zeros_like(output_gradient), np.zeros_like(padded)
    for row, step, column in np.ndindex(expected.shape):
        candidates = padded[row, step::steps, column]
        expected[row, step, column] = candidates.max()
        d_padded[row, step + steps * candidates.argmax(), column] = output_gradient[row, step, column]
    outputs, d_sequences = pooled(PartMaxPooling(window, dtype="float64"), sequences, output_gradient)
    np.testing.assert_array_equal(outputs, expected)
    np.testing.assert_array_equal(d_sequences, d_padded[:, :timespan])


@given(count=st.integers(1, 3), steps=st.integers(1, 4), window=st.integers(1, 5), seed=st.integers(0, 99))
@settings(max_examples=40)
def test_mean_and_gradient_equal_a_loop(count, steps, window, seed):
    random = np.random.RandomState(seed)
    sequences = random.standard_normal((count, steps * window, 2))
    output_gradient = random.standard_normal((count, steps, 2))
    expected, expected_gradient = np.zeros_like(output_gradient), np.zeros_like(sequences)
    for step in range(steps):
        expected[:, step] = sequences[:, step::steps].mean(axis=1)
        expected_gradient[:, step::steps] = output_gradient[:, step : step + 1] / window
    outputs, gradient = pooled(PartMeanPooling(window, dtype="float64"), sequences, output_gradient)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=0, atol=1e-12)


@pytest.mark.parametrize("layer_class", [PartMaxPooling, PartMeanPooling])
def test_free_lengths_train_and_export(layer_class, tmp_path):
    inputs = keras.Input((None, 2))
    model = keras.Model(inputs, keras.layers.Dense(1)(layer_class(3)(keras.layers.Dense(2)(inputs))))
    assert model.output_shape == (None, None, 1)
    model.compile("sgd", "mse")
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    for count, timespan in [(2, 6), (1, 9), (0, 3)]:
        batch = np.ones((count, timespan, 2), "float32")
        assert exported.serve(batch).shape == model(batch).shape == (count, timespan // 3, 1)
    assert np.isfinite(model.train_on_batch(np.ones((4, 6, 2)), np.zeros((4, 2, 1))))


def test_sequences_without_a_step_are_fine():
    assert PartMaxPooling(3)(np.zeros((2, 0, 4))).shape == (2, 0, 4)
    assert PartMeanPooling(3)(np.zeros((2, 0, 4))).shape == (2, 0, 4)


def test_only_the_maximum_fills_up():
    with pytest.raises(ValueError, match=r"^5 steps are no multiple of 3$"):
        PartMeanPooling(3)(np.zeros((2, 5, 4)))
    model = keras.Sequential([keras.Input((None, 4)), PartMeanPooling(3)])
    with pytest.raises(tf.errors.InvalidArgumentError, match="reshape"):
        model(np.zeros((2, 5, 4)))
