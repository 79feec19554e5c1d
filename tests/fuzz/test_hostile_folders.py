"""A data set or a run in which one file is hostile, and the commands that read them."""

import json
import os
import shutil
import zipfile

import keras
import pytest
from bounds import CANARY, COMMAND, bounded, read_or_refused
from corpus import HOSTILE, JSON

from cocoqa_keras.cli import data, export, predict, train
from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.models.zoo import find_model
from cocoqa_keras.training.run import load_run

DATA_FILES = {
    "qdict.pkl": HOSTILE["words.pkl"],
    "imgid_dict.pkl": HOSTILE["words.pkl"],
    "train.npy": HOSTILE["model.w.npy"],
    "test-qtype.npy": HOSTILE["model.w.npy"],
}
JSON_FILES = ("vocabulary.json", "answers.json", "run.json")


def _call(name):
    """A layer that Keras is told to make of a function of another module."""
    return {"module": "os", "class_name": name, "config": {"command": COMMAND}, "registered_name": name}


MODEL_CONFIGS = {
    "a function of the system": _call("system"),
    "a layer of Python code": {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {
            "function": {"class_name": "__lambda__", "config": {"code": "4wAAAA==", "defaults": None}}
        },
    },
    "a model with a function inside": {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "x", "layers": [_call("system")]},
    },
    "a module that is not there": {"module": "nowhere", "class_name": "Model", "config": {}},
    "no model": {"module": "builtins", "class_name": "dict", "config": {}},
    "a list": [],
    "a number": 1,
    "nothing": None,
}


@pytest.fixture
def working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def dataset_folder(tiny_folder, working_folder):
    """A data set to spoil."""
    return shutil.copytree(tiny_folder, working_folder / "cocoqa")


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory):
    """The folder of a run, whose model is as small as can be."""
    folder = tmp_path_factory.mktemp("run")
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(folder / "model.keras")
    shutil.copy(find_model("bow"), folder / "it.model.yml")
    for name in ("vocabulary.json", "answers.json"):
        (folder / name).write_text(json.dumps({"words": ["a", "UNK"], "first_id": 1}))
    (folder / "run.json").write_text("{}")
    return folder


@pytest.fixture
def run_folder(whole_run, working_folder):
    """A run to spoil."""
    return shutil.copytree(whole_run, working_folder / "run")


def change_model(folder, config):
    """Puts another configuration into a saved model."""
    path = folder / "model.keras"
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**members, "config.json": config}.items():
            archive.writestr(name, content)


def test_the_folders_are_whole_before_they_are_spoilt(dataset_folder, run_folder):
    assert load_dataset(dataset_folder).fingerprint()
    assert load_run(run_folder).answers.words == ("a", "UNK")


@pytest.mark.parametrize(("name", "what"), [(name, what) for name in DATA_FILES for what in DATA_FILES[name]])
def test_a_data_set_with_a_hostile_file_is_read_or_refused(name, what, dataset_folder):
    (dataset_folder / name).write_bytes(DATA_FILES[name][what])
    read_or_refused(lambda folder: load_dataset(folder).fingerprint(), dataset_folder)


@pytest.mark.parametrize("name", JSON_FILES)
@pytest.mark.parametrize("what", JSON)
def test_a_run_with_a_hostile_record_is_read_or_refused(name, what, run_folder):
    (run_folder / name).write_bytes(JSON[what])
    read_or_refused(load_run, run_folder)


@pytest.mark.parametrize("what", MODEL_CONFIGS)
def test_a_run_with_a_hostile_model_is_refused(what, run_folder):
    change_model(run_folder, json.dumps(MODEL_CONFIGS[what]))
    assert read_or_refused(load_run, run_folder)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"[" * 100_000, b'{"config": ' * 100_000])
def test_a_run_with_a_damaged_model_is_refused(content, run_folder):
    change_model(run_folder, content)
    assert read_or_refused(load_run, run_folder)
    (run_folder / "model.keras").write_bytes(content)
    assert read_or_refused(load_run, run_folder)


# Through the commands

COMMANDS = {
    "info, a command in the words": (data, ["info", "cocoqa"], "cocoqa/qdict.pkl", "words.pkl"),
    "train, a command in the model": (
        train,
        ["it.model.yml", "--data", "cocoqa"],
        "it.model.yml",
        "it.model.yml",
    ),
    "train, a command in the settings": (
        train,
        ["bow", "--data", "cocoqa", "--config", "train.yml"],
        "train.yml",
        "train.yml",
    ),
    "train, features of links": (
        train,
        ["img_bow", "--data", "cocoqa"],
        "hidden_oxford_mscoco.h5",
        "features.h5",
    ),
    "encode, questions of half characters": (
        data,
        ["encode", "it.jsonl", "out"],
        "it.jsonl",
        "questions.jsonl",
    ),
    "predict, a deep record": (predict, ["run", "--question", "what?"], "run/answers.json", "answers.json"),
    "export, a deep record": (export, ["run"], "run/run.json", "run.json"),
}
WORST = {
    "words.pkl": HOSTILE["words.pkl"]["a command that was pickled"],
    "it.model.yml": HOSTILE["it.model.yml"]["a command"],
    "train.yml": HOSTILE["train.yml"]["a command"],
    "features.h5": HOSTILE["features.h5"]["a link to a pipe"],
    "questions.jsonl": HOSTILE["questions.jsonl"]["half a character in a question"],
    "answers.json": JSON["lists in lists"],
    "run.json": JSON["lists in lists"],
}


@pytest.mark.parametrize("what", COMMANDS)
def test_a_command_refuses_a_hostile_file_in_one_line(what, dataset_folder, run_folder, capsys):
    command, arguments, path, kind = COMMANDS[what]
    os.mkfifo("pipe")
    (dataset_folder.parent / path).write_bytes(WORST[kind])
    with bounded():
        assert command.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert path.rpartition("/")[2] in error
    assert not (dataset_folder.parent / CANARY).exists()
