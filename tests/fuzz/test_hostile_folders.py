"""A data set or a run in which one file is hostile, and the commands that read them."""

import os
import shutil
import zipfile

import folders
import pytest
from bounds import CANARY, bounded, read_or_refused
from corpus import HOSTILE, JSON

from cocoqa_keras.cli import data, export, predict, train
from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.training.run import load_run

DATA_FILES = {
    "qdict.pkl": HOSTILE["words.pkl"],
    "imgid_dict.pkl": HOSTILE["words.pkl"],
    "train.npy": HOSTILE["model.w.npy"],
    "test-qtype.npy": HOSTILE["model.w.npy"],
}


@pytest.fixture
def working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def dataset_folder(tiny_folder, working_folder):
    """A data set to spoil."""
    return shutil.copytree(tiny_folder, working_folder / "cocoqa")


@pytest.fixture
def run_folder(working_folder):
    """A run to spoil."""
    return shutil.copytree(folders.run(), working_folder / "run")


def change_model(folder, content):
    """Puts another configuration into a saved model."""
    path = folder / "model.keras"
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, member in {**members, "config.json": content}.items():
            archive.writestr(name, member)


def test_the_folders_are_whole_before_they_are_spoilt(dataset_folder, run_folder):
    assert load_dataset(dataset_folder).fingerprint()
    assert load_run(run_folder).answers.words == ("cat", "UNK")


@pytest.mark.parametrize(("name", "what"), [(name, what) for name in DATA_FILES for what in DATA_FILES[name]])
def test_a_data_set_with_a_hostile_file_is_read_or_refused(name, what, dataset_folder):
    (dataset_folder / name).write_bytes(DATA_FILES[name][what])
    read_or_refused(lambda folder: load_dataset(folder).fingerprint(), dataset_folder)


def test_a_run_whose_model_unpacks_to_much_is_refused(run_folder):
    with zipfile.ZipFile(run_folder / "model.keras", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/zeros", bytes(10_000_000))
    assert "is packed" in read_or_refused(load_run, run_folder)


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
    "predict, deep questions": (predict, ["run", "--input", "it.jsonl"], "it.jsonl", "queries.jsonl"),
    "export, a deep record": (export, ["run"], "run/run.json", "run.json"),
}
WORST = {
    "words.pkl": HOSTILE["words.pkl"]["a command that was pickled"],
    "it.model.yml": HOSTILE["it.model.yml"]["a command"],
    "train.yml": HOSTILE["train.yml"]["a command"],
    "features.h5": HOSTILE["features.h5"]["a link to a pipe"],
    "questions.jsonl": HOSTILE["questions.jsonl"]["half a character in a question"],
    "queries.jsonl": JSON["lists in lists"],
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
