"""Word vectors: the empty word, repeated words, gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.layers import LookupTable, RandomStateUniform


@pytest.fixture(scope="module")
def table():
    """Seven words, four numbers each."""
    layer = LookupTable(7, 4, RandomStateUniform(3), dtype="float64")
    layer.build((None, None))
    return layer


def gradient_of(table, ids, output_gradient):
    with tf.GradientTape() as tape:
        outputs = table(tf.constant(ids))
        cost = tf.reduce_sum(outputs * output_gradient)
    return tape.gradient(cost, table.embeddings.value)


def test_the_empty_word_is_zero_and_the_others_are_rows_in_order(table):
    rows = table.embeddings.numpy()
    outputs = table(np.arange(8))
    assert not outputs[0].numpy().any()
    np.testing.assert_array_equal(outputs[1:], rows)


@given(ids=st.lists(st.integers(0, 7), max_size=12), seed=st.integers(0, 100))
@settings(max_examples=40)
def test_rows_and_gradients_equal_a_loop_over_the_ids(table, ids, seed):
    ids = np.array(ids, np.int32)
    output_gradient = np.random.RandomState(seed).standard_normal((len(ids), 4))
    rows = table.embeddings.numpy()
    expected = np.zeros((len(ids), 4))
    expected_gradient = np.zeros_like(rows)
    for position, word in enumerate(ids):
        if word:
            expected[position] = rows[word - 1]
            expected_gradient[word - 1] += output_gradient[position]
    np.testing.assert_array_equal(table(ids), expected)
    gradient = gradient_of(table, ids, output_gradient)
    np.testing.assert_allclose(tf.convert_to_tensor(gradient), expected_gradient, rtol=1e-12, atol=1e-13)


def test_the_empty_word_adds_nothing_to_a_gradient_and_repeated_words_add_up(table):
    gradient = tf.convert_to_tensor(gradient_of(table, [[5, 0, 2], [2, 2, 5]], np.ones((6, 4))))
    assert gradient.numpy().sum(axis=1).tolist() == [0, 12, 0, 0, 8, 0, 0]


def test_ids_of_any_shape_and_kind_are_taken(table):
    ids = np.array([[[3], [0]], [[7], [3]]])
    expected = table(ids.ravel())
    assert expected.shape == (4, 4)
    for dtype in ("int32", "int64", "float32", "float64"):
        np.testing.assert_array_equal(table(ids.astype(dtype)), expected)


def test_no_ids_give_no_rows(table):
    assert table(np.zeros((0, 3), np.int32)).shape == (0, 4)


def test_an_id_beyond_the_table_is_an_error(table):
    with pytest.raises(tf.errors.InvalidArgumentError):
        table(np.array([8]))


def test_the_table_trains_with_an_optimizer_of_keras():
    inputs = keras.Input((None,), dtype="int32")
    layer = LookupTable(7, 4, RandomStateUniform(3))
    model = keras.Model(inputs, keras.layers.Dense(1)(layer(inputs)))
    model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
    before = layer.embeddings.numpy()
    model.train_on_batch(np.array([[1], [3], [0]]), np.ones((3, 1)))
    moved = np.any(layer.embeddings.numpy() != before, axis=1)
    assert moved.tolist() == [True, False, True, False, False, False, False]
