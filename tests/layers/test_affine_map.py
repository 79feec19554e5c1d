"""An affine map with its bias in the matrix."""

import numpy as np
import pytest

from cocoqa_keras.layers import AffineMap, RandomStateUniform


def softmax(x):
    return np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)


ACTIVATIONS = {
    "linear": lambda x: x,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "softmax": softmax,
}


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_map_is_a_product_with_the_bias_as_last_row(activation, use_bias):
    layer = AffineMap(3, activation, use_bias, RandomStateUniform(2, 4.0), dtype="float64")
    inputs = np.random.RandomState(0).standard_normal((5, 2, 4))
    outputs = layer(inputs)
    kernel = layer.kernel.numpy()
    assert kernel.shape == (4 + use_bias, 3)
    values = inputs @ kernel[:4] + (kernel[4] if use_bias else 0)
    np.testing.assert_allclose(outputs, ACTIVATIONS[activation](values), rtol=1e-13, atol=1e-15)


def test_several_inputs_are_joined_in_order():
    layer = AffineMap(3, dtype="float64")
    left, right = np.random.RandomState(0).standard_normal((2, 5, 4))
    outputs = layer([left, right[:, :2]])
    kernel = layer.kernel.numpy()
    assert kernel.shape == (7, 3)
    np.testing.assert_allclose(
        outputs, np.concatenate([left, right[:, :2]], 1) @ kernel[:6] + kernel[6], rtol=1e-13
    )


def test_an_empty_batch_is_mapped_to_one():
    assert AffineMap(3)(np.zeros((0, 4))).shape == (0, 3)
