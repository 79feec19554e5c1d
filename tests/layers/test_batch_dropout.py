"""Dropout with a mask a batch, drawn as the 2015 program draws it."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.layers import BatchDropout
from cocoqa_keras.layers.batch_dropout import _MaskStream


def masks(rate, seed, width, count):
    """The masks of the first batches."""
    random = np.random.RandomState(seed)
    return [random.uniform(0, 1, width) > rate for _ in range(count)]


def model_of(rate=0.4, seed=3, width=10):
    inputs = keras.Input((width,))
    return keras.Model(inputs, BatchDropout(rate, seed, name="dropout")(inputs))


def drawn(model, count, width=10):
    """The next masks of a model."""
    return [model(np.ones((2, width), "float32"), training=True).numpy()[0] for _ in range(count)]


@given(
    rate=st.floats(0.01, 1),
    seed=st.integers(0, 2**32 - 1),
    shape=st.lists(st.integers(1, 4), min_size=2, max_size=3),
)
@settings(max_examples=25)
def test_every_batch_has_the_next_mask_of_its_seed_shared_by_all_its_rows(rate, seed, shape):
    layer = BatchDropout(rate, seed, dtype="float64")
    inputs = np.random.RandomState(0).standard_normal(shape)
    for mask in masks(rate, seed, shape[-1], 4):
        np.testing.assert_array_equal(layer(inputs, training=True), inputs * mask)


def test_without_training_everything_is_scaled_and_no_mask_is_drawn():
    layer = BatchDropout(0.25, 1, dtype="float64")
    inputs = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(layer(inputs), inputs * 0.75)
    assert int(layer.masks_drawn) == 0


def test_a_rate_of_zero_changes_nothing_and_a_rate_of_one_leaves_nothing():
    inputs = np.arange(6.0).reshape(2, 3)
    for training in (False, True):
        np.testing.assert_array_equal(BatchDropout(0, 1, dtype="float64")(inputs, training=training), inputs)
        assert not BatchDropout(1, 1, dtype="float64")(inputs, training=training).numpy().any()


def test_the_stream_goes_on_from_the_number_of_masks_drawn_forwards_and_backwards():
    model = model_of()
    expected = masks(0.4, 3, 10, 12)
    np.testing.assert_array_equal(drawn(model, 3), expected[:3])
    counter = model.get_layer("dropout").masks_drawn
    for start in (9, 1, 1, 0, 3):
        counter.assign(start)
        np.testing.assert_array_equal(drawn(model, 2), expected[start : start + 2])
        assert int(counter) == start + 2


def test_a_saved_model_goes_on_with_the_right_mask(tmp_path):
    model = model_of()
    drawn(model, 5)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(drawn(again, 3), masks(0.4, 3, 10, 8)[5:])
    np.testing.assert_array_equal(drawn(model, 3), masks(0.4, 3, 10, 8)[5:])


def test_fit_draws_a_mask_a_batch():
    inputs = keras.Input((10,))
    dropout = BatchDropout(0.4, 3)
    model = keras.Model(inputs, keras.layers.Dense(1)(dropout(inputs)))
    model.compile("sgd", "mse", jit_compile=False)
    model.fit(np.ones((10, 10)), np.ones((10, 1)), batch_size=4, epochs=2, verbose=0)
    assert int(dropout.masks_drawn) == 6


def test_two_layers_of_a_seed_draw_the_same_and_do_not_disturb_each_other():
    first, second = model_of(), model_of()
    np.testing.assert_array_equal([drawn(first, 1), drawn(second, 1)], [masks(0.4, 3, 10, 1)] * 2)
    np.testing.assert_array_equal(drawn(first, 1), masks(0.4, 3, 10, 2)[1:])


@pytest.mark.parametrize("training", [False, True])
def test_a_padded_step_stays_empty(training):
    inputs = np.ones((2, 3, 10))
    inputs[1, 1:] = 0
    outputs = BatchDropout(0.4, 3)(inputs, training=training).numpy()
    assert not outputs[1, 1:].any()
    assert outputs[1, 0].any()


def test_replicas_that_ask_at_the_same_time_get_the_same_mask_each_drawn_once(monkeypatch):
    stream, width, count = _MaskStream(0.4, 3), 10, 50
    expected = np.repeat(masks(0.4, 3, width, count), 4, axis=0)
    drawn = []
    draw = _MaskStream._draw
    monkeypatch.setattr(_MaskStream, "_draw", lambda *arguments: drawn.append(0) or draw(*arguments))
    with ThreadPoolExecutor(4) as replicas:
        for step in range(count):
            got = list(replicas.map(stream.mask, [step] * 4, [width] * 4))
            np.testing.assert_array_equal(got, expected[4 * step : 4 * step + 4])
    assert len(drawn) == count
