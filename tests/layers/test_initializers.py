"""Initial weights from numpy's random state."""

import keras
import numpy as np
import pytest

from cocoqa_keras.layers import OneMatrixLSTMUniform, RandomStateUniform


def test_weights_are_those_of_the_random_state_centred_on_zero():
    weights = RandomStateUniform(7, 0.5)((3, 2), dtype="float64")
    np.testing.assert_array_equal(weights, np.random.RandomState(7).uniform(-0.25, 0.25, (3, 2)))


def test_positive_weights_start_at_zero():
    weights = RandomStateUniform(7, 0.5, positive=True)((3, 2), dtype="float64")
    np.testing.assert_array_equal(weights, np.random.RandomState(7).uniform(0, 0.5, (3, 2)))


@pytest.mark.parametrize("constant", [0.0, 1.0])
def test_a_constant_bias_is_not_drawn(constant):
    weights = RandomStateUniform(7, 0.5, bias_constant=constant)((3, 2), dtype="float64").numpy()
    np.testing.assert_array_equal(weights[:2], np.random.RandomState(7).uniform(-0.25, 0.25, (2, 2)))
    assert (weights[2] == constant).all()


def test_single_precision_is_double_precision_rounded():
    initializer = RandomStateUniform(7)
    single = initializer((20, 5)).numpy()
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, initializer((20, 5), dtype="float64").numpy().astype("float32"))


def test_a_range_of_zero_gives_zeros():
    assert not RandomStateUniform(7, 0.0)((3, 2)).numpy().any()


def test_saved_and_loaded():
    initializer = RandomStateUniform(7, 0.5, bias_constant=1.0, positive=True)
    again = keras.initializers.deserialize(keras.initializers.serialize(initializer))
    np.testing.assert_array_equal(again((3, 2)), initializer((3, 2)))


def test_the_matrix_of_an_lstm_is_drawn_kind_by_kind():
    """One unit and one input: x of the gates I, F, Z, O, then h of these, then c of I, F, O."""
    x_i, x_f, x_z, x_o, h_i, h_f, h_z, h_o, c_i, c_f, c_o = np.random.RandomState(7).uniform(-0.25, 0.25, 11)
    row = [x_i, h_i, c_i, 1, x_f, h_f, c_f, 1, x_z, h_z, 0, x_o, h_o, c_o, 1]
    initializer = OneMatrixLSTMUniform(7, 0.5)
    np.testing.assert_array_equal(initializer((1, 15), dtype="float64"), [row])
    again = keras.initializers.deserialize(keras.initializers.serialize(initializer))
    np.testing.assert_array_equal(again((1, 15)), np.float32([row]))
