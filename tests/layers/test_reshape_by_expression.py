"""Other shapes for the same elements."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cocoqa_keras.layers import ReshapeByExpression


@pytest.mark.parametrize(
    "text", ["(x[0], x[1] * x[2])", "(x[0] * x[1], x[2])", "(x[0], x[2], x[1])", "(x[0], -1)", "-1, x[2] / 2"]
)
def test_elements_keep_their_order_whatever_batch_and_length(text):
    model = keras.Sequential([keras.Input((None, 4)), ReshapeByExpression(text)])
    for count, timespan in [(3, 5), (1, 2), (2, 7)]:
        batch = np.arange(count * timespan * 4.0, dtype="float32").reshape(count, timespan, 4)
        expected = batch.reshape(eval(text.replace("/", "//"), {"x": batch.shape}))  # of our own making
        np.testing.assert_array_equal(model(batch), expected)
        np.testing.assert_array_equal(model.predict_on_batch(batch), expected)


def test_a_known_width_is_known_to_the_layers_after_it():
    model = keras.Sequential([keras.Input((6, 4)), ReshapeByExpression("(x[0], -1)"), keras.layers.Dense(2)])
    assert model.layers[-1].kernel.shape == (24, 2)
    assert model.predict_on_batch(np.zeros((3, 6, 4))).shape == (3, 2)


def test_an_empty_batch_stays_one():
    assert ReshapeByExpression("(x[0], -1)")(np.zeros((0, 6, 4))).shape == (0, 24)
    model = keras.Sequential([keras.Input((6, 4)), ReshapeByExpression("(x[0], -1)")])
    assert model(np.zeros((0, 6, 4))).shape == (0, 24)


def test_free_batch_and_length_are_exported(tmp_path):
    model = keras.Sequential([keras.Input((None, 4)), ReshapeByExpression("(x[0], x[1] * x[2])")])
    model.export(tmp_path / "exported", verbose=False)
    batch = np.arange(40, dtype="float32").reshape(2, 5, 4)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    np.testing.assert_array_equal(exported.serve(batch), batch.reshape(2, 20))


def test_what_does_not_fit_is_said_in_one_line():
    with pytest.raises(ValueError, match=r"^\(x\[0\], 5\) changes the number of elements$"):
        ReshapeByExpression("(x[0], 5)")(keras.Input((6, 4)))
    with pytest.raises(ValueError, match=r"^should have .* at character 1, not y$"):
        ReshapeByExpression("y")
