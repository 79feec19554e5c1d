"""Layers that multiply and add what they read."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.layers import BankSimilarity, InnerProduct, ProductOfHalves, SumOfParts, SumOfProducts

numbers = st.integers(1, 5)


def normal(*shape, seed=0):
    return np.random.RandomState(seed).standard_normal(shape).astype("float32")


def test_parts_are_added():
    np.testing.assert_array_equal(SumOfParts(3)(tf.constant([[1.0, 2, 10, 20, 100, 200]])), [[111, 222]])


def test_the_first_half_multiplies_the_second():
    np.testing.assert_array_equal(ProductOfHalves()(tf.constant([[1.0, 2, 10, 20]])), [[10, 40]])


@given(numbers, numbers, numbers)
def test_one_part_is_the_input_and_the_order_of_parts_does_not_matter(rows, count, width):
    parts = normal(rows, count, width)
    joined = parts.reshape(rows, count * width)
    np.testing.assert_array_equal(SumOfParts(1)(joined), joined)
    np.testing.assert_allclose(SumOfParts(count)(joined), parts.sum(1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "shape", "reason"),
    [
        (SumOfParts(3), (2, 4), "a width of 4 has no 3 equal parts"),
        (ProductOfHalves(), (2, 3), "a width of 3 has no two equal halves"),
        (InnerProduct(), (2, 4), "expected pairs of vectors"),
        (InnerProduct(), (2, 1, 4), "expected pairs of vectors"),
        (BankSimilarity(2), (2, 1, 4), "expected rows"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(layer, shape, reason):
    with pytest.raises(ValueError, match=reason):
        layer(np.ones(shape))


@given(numbers, numbers, numbers)
def test_attention_weighs_steps_and_a_gate_takes_the_place_of_the_scale(rows, steps, width):
    attention, values, gate = normal(rows, steps, 1), normal(rows, steps, width, seed=1), normal(rows, 1)
    expected = np.einsum("nt,ntd->nd", attention[..., 0], values)
    layer = SumOfProducts(axis=1, scale=3.0)
    np.testing.assert_allclose(layer(attention, values), 3 * expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer(attention, values, gate), gate * expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("axis", "shape"), [(1, (4, 3)), (-1, (4, 5)), (2, (4, 5)), (0, (5, 3))])
def test_any_axis_can_be_summed_over(axis, shape):
    first, second = normal(4, 5, 3), normal(4, 1, 3, seed=1)
    layer = SumOfProducts(axis)
    assert layer.compute_output_shape(first.shape, second.shape) == shape
    np.testing.assert_allclose(layer(first, second), (first * second).sum(axis), rtol=1e-4, atol=1e-5)


def test_an_axis_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="there is no axis 3"):
        SumOfProducts(3).compute_output_shape((4, 5, 3), (4, 5, 3))


def test_a_pair_has_its_inner_product_and_one():
    pairs = np.array([[[1, 2], [3, 4], [9, 9]]], "float32")  # the third vector is of no pair
    layer = InnerProduct()
    np.testing.assert_array_equal(layer(pairs), [12])
    layer.bias.assign(-1)
    np.testing.assert_array_equal(layer(pairs), [10])


def test_rows_are_compared_with_the_bank_by_angle():
    rows = np.array([[2, 0], [0, 3], [5, 0], [1, -1], [0, 0]], "float32")
    half = np.sqrt(0.5)
    np.testing.assert_allclose(BankSimilarity(2)(rows), [[1, 0], [half, -half], [0, 0]], rtol=1e-6)


def test_a_row_of_zeros_has_a_finite_gradient():
    rows = tf.constant([[1.0, 2.0], [0.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(rows)
        similarity = BankSimilarity(1)(rows)
    assert np.isfinite(tape.gradient(similarity, rows)).all()


@given(st.floats(1e-3, 1e3), numbers, numbers)
def test_length_does_not_matter(factor, bank_size, others):
    rows = normal(bank_size + others, 4)
    layer = BankSimilarity(bank_size)
    np.testing.assert_allclose(layer(rows * np.float32(factor)), layer(rows), rtol=1e-4, atol=1e-5)
