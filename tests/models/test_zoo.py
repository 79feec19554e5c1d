"""The models that come with the package."""

import numpy as np
import pytest

import cocoqa_keras
from cocoqa_keras.errors import InputError
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.models.zoo import config_folder, find_model, list_models
from cocoqa_keras.spec import load_spec

NAMES = ["2_vis_blstm", "bow", "img", "img_bow", "lstm", "vis_attention", "vis_lstm", "vis_lstm_graph"]


def test_models_are_listed_by_pattern():
    assert list_models() == NAMES
    assert list_models("*bow*") == ["bow", "img_bow"]
    assert list_models("nothing") == []


@pytest.mark.parametrize("written", ["img_bow", "img_bow.yml", "configs/img_bow.yml"])
def test_a_model_is_found_by_name_from_anywhere(tmp_path, monkeypatch, written):
    monkeypatch.chdir(tmp_path)
    assert find_model(written) == config_folder() / "img_bow.yml"


def test_a_model_is_read_by_its_path_or_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    narrow = {"txtDict.outputDim": "20"}
    (tmp_path / "mine.yml").write_text(find_model("bow").read_text())
    for model in ("bow", "configs/bow.yml", "mine.yml"):
        assert cocoqa_keras.load_spec(model, narrow)["txtDict"].output_dim == 20


def test_a_file_of_that_path_counts_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "img_bow").write_text("")
    assert find_model("img_bow").resolve() == tmp_path / "img_bow"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("imgbow", r"no model file imgbow \(did you mean 'img_bow'\?\)"),
        ("train", "no model file train"),
        ("elsewhere/img_bow.yml", "no model file elsewhere/img_bow.yml; check the path"),
        ("../img_bow", "check the path"),
    ],
)
def test_what_is_not_there_is_an_input_error_with_the_nearest_name(tmp_path, monkeypatch, written, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        find_model(written)


EMBEDDING = {
    "input_dim": 9738,
    "output_dim": 500,
    "init_range": 1.0,
    "init_seed": 2,
    "learning_rate": 0.8,
    "momentum": 0.9,
    "gradient_clip": 0.1,
    "weight_clip": 1000.0,
    "weight_reg_const": 0.0,
}
SOFTMAX = {
    "output_dim": 431,
    "active_fn": "softmax",
    "bias": True,
    "learning_rate": 0.01,
    "momentum": 0.9,
    "gradient_clip": 0.1,
    "weight_clip": 15.0,
    "weight_reg_const": 5e-5,
}
IMAGE_MAP = {
    "output_dim": 500,
    "active_fn": "identity",
    "bias": False,
    "init_range": 0.05,
    "learning_rate": 0.8,
    "momentum": 0.9,
    "gradient_clip": 0.1,
    "weight_clip": 100.0,
    "weight_reg_const": 0.0,
}
LSTM = {
    "input_dim": 500,
    "output_dim": 300,
    "init_range": 0.1,
    "learning_rate": 0.8,
    "momentum": 0.9,
    "gradient_clip": 0.1,
    "weight_clip": 100.0,
    "weight_reg_const": 5e-5,
    "multi_output": False,
    "cut_off_zero_end": True,
}
TABLE = {"input_dim": 123287, "output_dim": 4096, "learning_rate": 0.0, "h5_key": "hidden7", "sparse": True}
WORDS = {"start": 1, "end": 56, "axis": 1}
IMAGE = {"start": 0, "end": 1, "axis": 1}

# The models as they were published.
PUBLISHED = {
    "img_bow": {
        "imgSel": IMAGE,
        "imgFeat": {**TABLE, "inputs": ("imgSel",)},
        "txtSel": WORDS,
        "txtUnfold": {"type": "timeUnfold"},
        "txtDict": EMBEDDING,
        "txtFold": {"timespan": 55},
        "bow": {"type": "sum2"},
        "softmax": {**SOFTMAX, "inputs": ("bow", "imgFeat"), "init_range": 0.01, "init_seed": 7},
    },
    "vis_lstm": {
        "imgSel": IMAGE,
        "imgUnfold": {"type": "timeUnfold"},
        "imgFeat": TABLE,
        "imgFeatNorm": {"type": "normalize", "mean_key": "hidden7_mean", "std_key": "hidden7_std"},
        "imgMap": {**IMAGE_MAP, "init_seed": 1},
        "imgFold": {"timespan": 1},
        "txtSel": WORDS,
        "txtUnfold": {"type": "timeUnfold"},
        "txtDict": EMBEDDING,
        "txtFold": {"timespan": 55},
        "concat": {"inputs": ("imgFold", "txtFold"), "axis": 1},
        "dropout": {"dropout_rate": 0.2, "init_seed": 3},
        "lstm": {**LSTM, "timespan": 56, "init_seed": 4},
        "softmax": {**SOFTMAX, "inputs": ("lstm",), "init_range": 0.1, "init_seed": 7},
    },
    "2_vis_blstm": {
        "imgSel": IMAGE,
        "txtSel": WORDS,
        "txtDict": {**EMBEDDING, "weight_clip": 2000.0},
        "txtFold": {"timespan": 55},
        "imgFeat": TABLE,
        "imgFeatNorm": {"type": "normalize", "mean_key": "hidden7_mean", "std_key": "hidden7_std"},
        "imgMapFirst": {**IMAGE_MAP, "inputs": ("imgFeatNorm",), "init_seed": 1},
        "imgMapLast": {**IMAGE_MAP, "inputs": ("imgFeatNorm",), "init_seed": 15},
        "imgFoldFirst": {"inputs": ("imgMapFirst",), "timespan": 1},
        "imgFoldLast": {"inputs": ("imgMapLast",), "timespan": 1},
        "concat": {"inputs": ("imgFoldFirst", "txtFold"), "axis": 1},
        "concatRev": {"type": "timeReverse", "inputs": ("concat",)},
        "concatLast": {"inputs": ("imgFoldLast", "concatRev"), "axis": 1},
        "concatLastRev": {"type": "timeReverse", "inputs": ("concatLast",)},
        "dropoutForward": {"inputs": ("concatLastRev",), "dropout_rate": 0.4, "init_seed": 3},
        "dropoutBackward": {"inputs": ("concatLast",), "dropout_rate": 0.4, "init_seed": 4},
        "lstmF": {**LSTM, "inputs": ("dropoutForward",), "timespan": 57, "init_seed": 5},
        "lstmB": {**LSTM, "inputs": ("dropoutBackward",), "timespan": 57, "init_seed": 6},
        "answer": {**SOFTMAX, "inputs": ("lstmF", "lstmB"), "init_range": 0.01, "init_seed": 6},
    },
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_models_of_the_paper_are_the_published_ones_number_by_number(name):
    spec = load_spec(find_model(name))
    assert [stage.name for stage in spec.stages] == list(PUBLISHED[name])
    for stage in spec.stages:
        expected = PUBLISHED[name][stage.name]
        assert {field: getattr(stage, field) for field in expected} == expected
        assert getattr(stage, "learning_rate_anneal_const", 0) == getattr(stage, "delta_momentum", 0) == 0
    assert (spec.name, spec.cost_fn, spec.decision_fn) == (name, "crossEntIdx", "argmax")
    assert spec.outputs == (list(PUBLISHED[name])[-1],)


@pytest.fixture(scope="module")
def info():
    random = np.random.RandomState(0)
    return DatasetInfo(20, 5, 6, 9, 8, random.uniform(0, 1, 8), random.uniform(1, 2, 8))


def batch_of(model):
    random = np.random.RandomState(1)
    question = random.randint(1, 21, (3, 6)).astype("int32")
    question[1, 2:] = 0
    question[2] = 0
    arrays = {"question": question, "image": random.uniform(0, 1, (3, 8)).astype("float32")}
    return {name: arrays[name] for name in model.input}


@pytest.mark.parametrize("name", NAMES)
def test_every_model_builds_with_the_sizes_of_the_data_and_answers(info, name):
    model = build_model(load_spec(find_model(name)), info)
    outputs = model.predict(batch_of(model), verbose=0)
    assert outputs.shape == (3, 5)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-5)
