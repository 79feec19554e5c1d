"""Models with products, constants and weights that are no matrix of the usual kind."""

import numpy as np
import pytest
import tensorflow as tf
import yaml

from cocoqa_keras.data.formats import read_weights, write_weights
from cocoqa_keras.errors import InputError
from cocoqa_keras.export.weight_layout import assign_weights, weights_of
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.stage_weights import stage_matrix
from cocoqa_keras.spec import load_spec
from cocoqa_keras.training.optimizer import StagewiseSGD


@pytest.mark.parametrize(
    ("name", "shape"), [("innerProd", ()), ("ordinal", (2, 4)), ("constWeights", (3, 7))]
)
def test_weights_go_to_a_file_and_back(stages, tmp_path, floatx, name, shape):
    width = np.load(stages / "stages.npz")[f"{name}/X"].shape[1:]
    spec = load_spec(stages / "specs" / f"{name}.model.yml")
    model, other = (build_model(spec, input_shape=width) for _ in range(2))
    (weight,) = model.trainable_variables
    for values in (np.random.RandomState(0).standard_normal(shape), np.zeros(shape)):
        weight.assign(values)
        write_weights(tmp_path / "x.w.npy", weights_of(spec, model))
        assign_weights(spec, other, read_weights(tmp_path / "x.w.npy"), "x.w.npy")
        np.testing.assert_array_equal(other.trainable_variables[0], weight)
        assert other.trainable_variables[0].dtype == floatx


def test_weights_of_another_shape_are_refused(stages):
    spec = load_spec(stages / "specs" / "innerProd.model.yml")
    model = build_model(spec, input_shape=(6, 7))
    with pytest.raises(
        InputError, match=r"stage 'innerProd': expected weights of shape \(\), found .*\(1, 1\)"
    ):
        assign_weights(spec, model, [0, np.ones((1, 1))], "x.w.npy")
    with pytest.raises(InputError, match=r"stage 'two': expected 0 .*, found weights of shape \(\)"):
        assign_weights(spec, model, [np.array(0.5), np.array(0.5)], "x.w.npy")


@pytest.mark.parametrize("name", ["innerProd", "ordinal"])
def test_the_settings_of_the_stage_move_its_weights(stages, floatx, name):
    """Two steps by hand, both clips and the decay at work."""
    batch = np.load(stages / "stages.npz")[f"{name}/X"].astype(floatx)
    clips = {"gradientClip": "0.1", "weightClip": "0.9", "weightRegConst": "0.01"}
    spec = load_spec(
        stages / "specs" / f"{name}.model.yml", {f"{name}.{field}": value for field, value in clips.items()}
    )
    model = build_model(spec, input_shape=batch.shape[1:])
    optimizer = StagewiseSGD.from_spec(spec)
    (weight,) = model.trainable_variables
    expected = stage_matrix(model.get_layer(name)).astype("float64")
    velocity = np.zeros_like(expected)
    for _ in range(2):
        with tf.GradientTape() as tape:
            cost = tf.reduce_sum(tf.square(model(batch)))
        gradient = tape.gradient(cost, weight.value)
        optimizer.apply([gradient], [weight])
        norm = np.linalg.norm(gradient)
        velocity = 0.9 * velocity - 0.1 * gradient.numpy() * min(1, 0.1 / norm)
        expected = (expected + velocity) * (1 - 0.1 * 0.01)
        expected *= min(1, 0.9 / np.linalg.norm(expected))
        np.testing.assert_allclose(weight, expected, rtol=1e-5)


def model_of(tmp_path, **stage):
    path = tmp_path / "small.model.yml"
    content = {"name": "small", "costFn": "mse", "stages": ["it"], "outputs": "it"}
    path.write_text(yaml.safe_dump({**content, "specs": [{"name": "it", "inputs": "input", **stage}]}))
    return build_model(load_spec(path), input_shape=(2, 3))


def test_a_single_number_is_read_from_a_text_file(tmp_path):
    (tmp_path / "w.txt").write_text("2.5")
    model = model_of(tmp_path, type="innerProd", initWeights="w.txt")
    assert model.get_layer("it").bias.numpy() == 2.5
    assert not model.trainable_variables


@pytest.mark.parametrize(
    ("stage", "reason"),
    [
        ({"type": "sumProd", "sumAxis": 1}, "expected two factors"),
        ({"type": "sumProd", "sumAxis": 3, "inputs": "input, input"}, "there is no axis 3"),
        ({"type": "sum", "numComponents": 2}, "no 2 equal parts"),
        ({"type": "elemProd"}, "no two equal halves"),
        ({"type": "ordinal", "outputDim": 4}, "one number an example"),
        ({"type": "cosSimilarity", "bankDim": 2}, "expected rows"),
    ],
)
def test_inputs_that_do_not_fit_name_the_stage(tmp_path, stage, reason):
    with pytest.raises(InputError, match=rf"small\.model\.yml: stage 'it' .*: .*{reason}") as caught:
        model_of(tmp_path, **stage)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "tanh", "identity", "relu"])
def test_activations_work_on_the_last_axis(tmp_path, name):
    batch = np.random.RandomState(0).standard_normal((4, 2, 3)).astype("float32")
    expected = {
        "sigmoid": 1 / (1 + np.exp(-batch)),
        "softmax": np.exp(batch) / np.exp(batch).sum(-1, keepdims=True),
        "tanh": np.tanh(batch),
        "identity": batch,
        "relu": np.maximum(batch, 0),
    }[name]
    np.testing.assert_allclose(model_of(tmp_path, type="active", activeFn=name)(batch), expected, rtol=1e-5)
