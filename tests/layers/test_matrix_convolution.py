"""Convolutions over time."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.layers import MatrixConvolution, RandomStateUniform


def test_a_window_is_weighed_step_by_step():
    layer = MatrixConvolution(1, 2)
    layer.build((None, None, 2))
    layer.set_weights([np.array([[1.0], [10], [100], [1000]])])
    sequence = np.array([[[1.0, 2], [3, 4], [5, 6]]])
    np.testing.assert_array_equal(layer(sequence), [[[4321], [6543]]])


@given(
    count=st.integers(1, 3),
    window=st.integers(1, 4),
    windows=st.integers(1, 4),
    channels=st.integers(1, 3),
    filters=st.integers(1, 3),
    seed=st.integers(0, 9),
)
@settings(max_examples=30)
def test_outputs_and_gradients_equal_a_loop_over_the_windows(count, window, windows, channels, filters, seed):
    random = np.random.RandomState(seed)
    sequences = random.standard_normal((count, window + windows - 1, channels))
    output_gradient = random.standard_normal((count, windows, filters))
    layer = MatrixConvolution(filters, window, RandomStateUniform(seed), dtype="float64")
    layer.build(sequences.shape)
    kernel = layer.kernel.numpy()
    np.testing.assert_array_equal(
        kernel, np.random.RandomState(seed).uniform(-0.5, 0.5, (window * channels, filters))
    )

    expected = np.zeros_like(output_gradient)
    d_sequences, d_kernel = np.zeros_like(sequences), np.zeros_like(kernel)
    for row in range(count):
        for step in range(windows):
            flat = sequences[row, step : step + window].ravel()
            expected[row, step] = flat @ kernel
            d_kernel += np.outer(flat, output_gradient[row, step])
            d_flat = kernel @ output_gradient[row, step]
            d_sequences[row, step : step + window] += d_flat.reshape(window, channels)

    sequences = tf.constant(sequences)
    with tf.GradientTape() as tape:
        tape.watch(sequences)
        outputs = layer(sequences)
    gradients = tape.gradient(outputs, [sequences, layer.kernel.value], output_gradient)
    for actual, right in zip([outputs, *gradients], [expected, d_sequences, d_kernel], strict=True):
        np.testing.assert_allclose(actual, right, rtol=0, atol=1e-12)


def test_free_lengths_and_an_empty_batch_are_fine():
    model = keras.Sequential([keras.Input((None, 2)), MatrixConvolution(4, 3)])
    assert model.output_shape == (None, None, 4)
    for count, timespan in [(2, 3), (1, 7), (0, 5)]:
        assert model(np.zeros((count, timespan, 2))).shape == (count, timespan - 2, 4)


def test_free_lengths_are_exported(tmp_path):
    model = keras.Sequential([keras.Input((None, 2)), MatrixConvolution(4, 3)])
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    batch = np.random.RandomState(0).standard_normal((2, 5, 2)).astype("float32")
    np.testing.assert_allclose(exported.serve(batch), model(batch), rtol=1e-6)


def test_sequences_shorter_than_a_window_are_refused():
    with pytest.raises(ValueError, match=r"^a window of 4 steps needs longer sequences than 3$"):
        MatrixConvolution(2, 4)(np.zeros((2, 3, 5)))
