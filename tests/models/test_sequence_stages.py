"""Stages of sequences and their windows, built from model files."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import yaml

from cocoqa_keras.errors import InputError
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.spec import load_spec


@pytest.fixture
def build(tmp_path):
    """Builds a model of one stage."""

    def build(kind, input_shape, **fields):
        stage = {"name": "it", "type": kind, "inputs": "input", **fields}
        path = tmp_path / "one.model.yml"
        path.write_text(
            yaml.safe_dump(
                {"name": "one", "costFn": "mse", "stages": ["it"], "outputs": "it", "specs": [stage]}
            )
        )
        return build_model(load_spec(path), input_shape=input_shape)

    return build


STAGES = {
    "timeFinal": {},
    "timeRepeat": {"numRepeats": 4},
    "reshape": {"reshapeFn": "(x[0], x[1] * x[2])"},
    "conv1d": {"numChannels": 3, "numFilters": 2, "windowSize": 2, "learningRate": 0.1},
    "maxpool1d": {"windowSize": 2},
    "meanpool1d": {"windowSize": 1},
}


@pytest.mark.parametrize("kind", STAGES)
def test_saved_and_exported_with_batch_and_length_free(build, tmp_path, kind):
    model = build(kind, (None, 3), **STAGES[kind])
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    for count, timespan in [(2, 5), (4, 7)]:
        batch = np.random.RandomState(0).standard_normal((count, timespan, 3)).astype("float32")
        batch = batch[:, :1] if kind == "timeRepeat" else batch
        np.testing.assert_array_equal(again(batch), model(batch))
        np.testing.assert_allclose(exported.serve(batch), model(batch), rtol=1e-6)


@pytest.mark.parametrize("input_shape", [(3,), (1, 3), (None, 3)])
def test_one_vector_or_a_sequence_of_one_is_repeated(build, input_shape):
    model = build("timeRepeat", input_shape, numRepeats=4)
    assert model.output_shape == (None, 4, 3)
    vectors = np.arange(6, dtype="float32").reshape(2, 3)
    expected = np.stack([vectors] * 4, axis=1)
    np.testing.assert_array_equal(model(vectors if len(input_shape) == 1 else vectors[:, None]), expected)


def test_a_sequence_of_several_steps_that_turns_up_late_is_not_repeated(build):
    with pytest.raises(ValueError, match="total size"):
        build("timeRepeat", (None, 3), numRepeats=4)(np.zeros((2, 2, 3)))


@pytest.mark.parametrize(
    ("kind", "input_shape", "fields", "reason"),
    [
        ("timeFinal", (7,), {}, "expected ndim=3, found ndim=2"),
        ("timeRepeat", (6, 7), {}, "only one step can be repeated"),
        ("timeRepeat", (1, 6, 7), {}, "expected ndim=2, found ndim=4"),
        ("reshape", (6,), {}, "there is no x[2], the input having 2 axes"),
        ("reshape", (6, 7), {"reshapeFn": "(x[0], 41)"}, "(x[0], 41) changes the number of elements"),
        ("conv1d", (6, 7), {}, "numChannels is 3"),
        ("conv1d", (6, 3), {"windowSize": 7}, "a window of 7 steps needs longer sequences than 6"),
        ("conv1d", (3,), {}, "expected ndim=3, found ndim=2"),
        ("maxpool1d", (7,), {}, "expected ndim=3, found ndim=2"),
        ("meanpool1d", (6, 7), {"windowSize": 4}, "6 steps are no multiple of 4"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_in_one_line(build, kind, input_shape, fields, reason):
    with pytest.raises(InputError) as caught:
        build(kind, input_shape, **{**STAGES[kind], **fields})
    message = str(caught.value)
    assert f"one.model.yml: stage 'it' ({kind}) cannot take its inputs" in message
    assert reason in message
    assert "\n" not in message


def test_a_frozen_convolution_is_not_trained(build):
    fields = {**STAGES["conv1d"], "learningRate": 0}
    assert not build("conv1d", (5, 3), **fields).trainable_variables
