"""Ordinal regression."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.layers import OrdinalRegression

TINY = 1e-8


def gradients(layer, numbers, targets, weights=1.0):
    """Those of the mean of -weight * log(p[t] + 1e-8), in the numbers and in [mu; pi]; and p."""
    numbers = tf.reshape(tf.constant(numbers, layer.dtype), (-1, 1))
    with tf.GradientTape() as tape:
        tape.watch(numbers)
        probabilities = layer(numbers)
        picked = tf.gather(probabilities, targets, batch_dims=1)
        cost = -tf.reduce_mean(weights * tf.math.log(picked + TINY))
    return (*tape.gradient(cost, (numbers, layer.kernel.value)), probabilities.numpy())


def test_classes_are_spread_evenly_and_equally_likely_at_first():
    layer = OrdinalRegression(5)
    layer.build((None, 1))
    np.testing.assert_allclose(layer.kernel, [[-1, -0.5, 0, 0.5, 1], [np.log(0.2)] * 5], rtol=1e-6)


def test_the_nearest_class_is_the_likeliest():
    probabilities = OrdinalRegression(3)(np.array([[-2.0], [0.1], [2.0]], "float32"))
    np.testing.assert_array_equal(np.argmax(probabilities, axis=1), [0, 1, 2])


def test_probabilities_by_hand():
    """mu is -1 and 1, so that the squares cancel, and the odds at x are exp(2 x)."""
    probabilities = OrdinalRegression(2)(np.array([[np.log(3) / 2]], "float32"))
    np.testing.assert_allclose(probabilities, [[0.25, 0.75]], rtol=1e-6)


@pytest.mark.usefixtures("float64")
@given(st.integers(2, 6), st.integers(1, 5), st.integers(0, 99), st.sampled_from([1, 30]), st.booleans())
def test_the_gradient_is_that_of_the_weighted_log_loss(classes, count, seed, scale, fix_extremes):
    """Also where the probability of the true class is far below 1e-8."""
    random = np.random.RandomState(seed)
    numbers, targets = scale * random.standard_normal(count), random.randint(0, classes, count)
    weights = random.uniform(0.5, 2, count)
    layer = OrdinalRegression(classes, fix_extremes)
    layer.build((None, 1))
    layer.kernel.assign(random.standard_normal((2, classes)))
    mu, _ = layer.kernel.numpy()
    d_numbers, d_kernel, probabilities = gradients(layer, numbers, targets, weights)

    d_logits = (probabilities - np.eye(classes)[targets]) * weights[:, None] / count
    d_mu = np.sum(d_logits * (numbers[:, None] - mu), axis=0)
    if fix_extremes:
        d_mu[[0, -1]] = 0
    np.testing.assert_allclose(d_numbers[:, 0], d_logits @ mu, rtol=0, atol=1e-12)
    np.testing.assert_allclose(d_kernel, [d_mu, d_logits.sum(axis=0)], rtol=0, atol=1e-12)


def test_one_class_is_certain():
    _, d_kernel, probabilities = gradients(OrdinalRegression(1), [0.3, -2.0], [0, 0])
    np.testing.assert_array_equal(probabilities, [[1], [1]])
    np.testing.assert_allclose(d_kernel, np.zeros((2, 1)), atol=1e-7)


def test_more_than_one_number_an_example_is_refused():
    with pytest.raises(ValueError, match="expected one number an example"):
        OrdinalRegression(4)(np.ones((3, 2)))
