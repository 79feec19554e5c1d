"""The penalty on uneven attention."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.layers import AttentionPenalty


def gradient(layer, attention, upstream):
    attention = tf.constant(attention)
    with tf.GradientTape() as tape:
        tape.watch(attention)
        passed = layer(attention)
    np.testing.assert_array_equal(passed, attention)
    return tape.gradient(passed, attention, upstream)


def test_attention_to_one_place_by_hand():
    """Two steps at the first of two places: it has 2 where 1 is its share."""
    attention = np.array([[[1, 0], [1, 0]]], "float32")
    found = gradient(AttentionPenalty(0.5), attention, np.full((1, 2, 2), 10, "float32"))
    np.testing.assert_allclose(found, [[[10.5, 9.5], [10.5, 9.5]]])


def test_even_attention_is_left_alone():
    upstream = np.random.RandomState(0).standard_normal((3, 4, 2)).astype("float32")
    np.testing.assert_allclose(
        gradient(AttentionPenalty(7.0), np.full((3, 4, 2), 0.5, "float32"), upstream), upstream
    )


@pytest.mark.usefixtures("float64")
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.floats(0, 10))
def test_what_is_added_is_the_gradient_of_the_penalty(count, steps, places, strength):
    attention = np.random.RandomState(0).uniform(size=(count, steps, places))
    upstream = np.random.RandomState(1).standard_normal(attention.shape)
    variable = tf.constant(attention)
    with tf.GradientTape() as tape:
        tape.watch(variable)
        uneven = tf.reduce_sum(variable, axis=1) - steps / places
        penalty = strength / 2 * tf.reduce_sum(uneven**2)
    expected = upstream + tape.gradient(penalty, variable)
    np.testing.assert_allclose(
        gradient(AttentionPenalty(strength), attention, upstream), expected, atol=1e-12
    )


def test_steps_may_be_free():
    inputs = keras.Input((None, 2))
    model = keras.Model(inputs, AttentionPenalty(0.5)(inputs))
    assert model.output.shape == (None, None, 2)
    np.testing.assert_allclose(
        gradient(model, np.ones((1, 3, 2), "float32"), np.zeros((1, 3, 2), "float32")),
        np.full((1, 3, 2), 0.75),
    )


def test_an_input_without_steps_is_refused():
    with pytest.raises(ValueError, match="expected attention"):
        AttentionPenalty(1.0)(np.ones((3, 2)))
