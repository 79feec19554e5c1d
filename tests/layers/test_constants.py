"""Layers whose value does not depend on their input."""

import numpy as np
import pytest
import tensorflow as tf

from cocoqa_keras.layers import ConstantValue, RandomStateUniform, TrainedMatrix


@pytest.mark.parametrize("shape", [(3, 2), (0, 2), (3, 4, 2)])
def test_each_example_gets_a_row_of_the_value(shape):
    np.testing.assert_array_equal(ConstantValue(0.25, 4)(np.ones(shape)), np.full((shape[0], 4), 0.25))


def test_the_matrix_is_that_of_its_seed_and_is_trained_as_a_whole():
    layer = TrainedMatrix(3, 2, RandomStateUniform(8))
    with tf.GradientTape() as tape:
        matrix = layer(np.ones((5, 7)))
    expected = np.random.RandomState(8).uniform(-0.5, 0.5, (3, 2)).astype("float32")
    np.testing.assert_array_equal(matrix, expected)
    upstream = np.arange(6, dtype="float32").reshape(3, 2)
    np.testing.assert_array_equal(tape.gradient(matrix, layer.kernel.value, upstream), upstream)
