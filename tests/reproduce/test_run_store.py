"""Which runs count as what is asked for."""

import json
import shutil

import pytest

from cocoqa_keras.digests import sha256_of
from cocoqa_keras.models.zoo import find_model
from cocoqa_keras.reproduce.run_store import RunStore
from cocoqa_keras.spec import TrainingConfig, load_spec
from cocoqa_keras.training.reporter import SilentReporter
from cocoqa_keras.training.trainer import Trainer

CONFIG = TrainingConfig(numEpoch=1, plotFigs=False)


@pytest.fixture(scope="module")
def trained(tiny_dataset, tiny_features, tmp_path_factory):
    """A folder with a first round of a model without and of one with an image, as training leaves them."""
    folder = tmp_path_factory.mktemp("runs")
    for model, features in (("bow", None), ("img_bow", tiny_features)):
        spec = load_spec(find_model(model))
        reporter = SilentReporter()
        trainer = Trainer(spec, tiny_dataset, features, CONFIG, folder, exports=False, reporter=reporter)
        trainer.train_round_one()
    return folder


@pytest.fixture
def runs(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "runs")


@pytest.fixture
def store(runs, tiny_features):
    return RunStore(runs, tiny_features, sha256_of(tiny_features.path), CONFIG)


def change(runs, model, part, field, value=None):
    """Sets a value in a part of `run.json`, or leaves it out."""
    (path,) = runs.glob(f"{model}-*/run.json")
    summary = json.loads(path.read_text())
    values = summary if part is None else summary[part]
    del values[field]
    if value is not None:
        values[field] = value
    path.write_text(json.dumps(summary))


@pytest.mark.parametrize("model", ["bow", "img_bow"])
def test_a_run_is_found(model, store, tiny_dataset, capsys):
    (training,) = store.rounds(model, tiny_dataset)
    assert training["epochs"] == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        (None, "dtype", "float64"),
        (None, "seed", 1),
        (None, "weights_from", "weights.w.npy"),
        ("data", "sha256", "0"),
        ("data", "features_sha256", "0"),
        ("training", "skipped_batches", 1),
    ],
)
def test_a_run_of_something_else_is_not(part, field, value, store, runs, tiny_dataset, capsys):
    change(runs, "img_bow", part, field, value)
    assert store.rounds("img_bow", tiny_dataset) == []
    assert capsys.readouterr().out == ""


def test_a_run_of_another_precision_is_not(store, tiny_dataset, float64):
    assert store.rounds("bow", tiny_dataset) == []


def test_a_run_that_does_not_tell_its_features_is_told(store, runs, tiny_dataset, capsys):
    """As older versions wrote them; they could skip no batches either."""
    for model in ("bow", "img_bow"):
        change(runs, model, "data", "features_sha256")
        change(runs, model, "training", "skipped_batches")
    assert len(store.rounds("bow", tiny_dataset)) == 1
    assert capsys.readouterr().out == ""
    assert store.rounds("img_bow", tiny_dataset) == []
    (line,) = capsys.readouterr().out.splitlines()
    (folder,) = runs.glob("img_bow-*")
    assert line.startswith(f"{folder} is not used: an older version made it")
