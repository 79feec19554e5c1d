"""What a run leaves on disk."""

import errno
import json
import os

import numpy as np
import pytest

from cocoqa_keras.data.formats import read_weights
from cocoqa_keras.errors import InputError
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.models.stage_weights import stage_matrix
from cocoqa_keras.training import checkpoint
from cocoqa_keras.training.checkpoint import Checkpoint
from cocoqa_keras.training.run_folder import RunFolder, spec_hash
from cocoqa_keras.versions import versions


def test_folders_are_named_by_the_run_and_the_time_and_never_shared(tmp_path):
    folders = [RunFolder.create(tmp_path / "new" / "results", "bow-v") for _ in range(4)]
    names = [folder.name for folder in folders]
    assert len(set(names)) == 4
    for folder in folders:
        assert folder.path.is_dir()
        assert folder.name.startswith("bow-v-2")
        assert folder.file(".csv") == folder.path / f"{folder.name}.csv"


def test_a_place_that_cannot_be_written_to_is_an_input_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="choose another --output"):
        RunFolder.create(tmp_path / "file", "bow")
    with pytest.raises(InputError, match="choose another --output"):
        RunFolder.create(tmp_path / "file" / "below", "bow")


@pytest.fixture
def folder(tmp_path):
    return RunFolder.create(tmp_path, "run")


@pytest.fixture
def second(folder):
    """An unfinished second round behind it."""
    second = RunFolder.create(folder.path.parent, "second")
    second.checkpoints.save(Checkpoint({"plan": {"first_round": folder.name}}, {"weights/0": np.ones(3)}))
    return second


def test_a_second_round_is_found_beside_folders_that_may_not_be_entered(folder, second, monkeypatch):
    closed = folder.path.parent / "lost+found"
    closed.mkdir()

    def refuse(name):
        call = getattr(os, name)

        def refusing(path, *arguments, **options):
            if path == closed / "checkpoint":
                raise PermissionError(errno.EACCES, "Permission denied")
            return call(path, *arguments, **options)

        monkeypatch.setattr(os, name, refusing)

    refuse("stat")
    refuse("listdir")
    assert folder.find_second() == second


def test_of_a_second_round_no_more_is_read_than_whose_it_is(folder, second, monkeypatch):
    names = []
    read = checkpoint.zipfile.ZipFile.open

    def noting(archive, name, *arguments):
        names.append(name)
        return read(archive, name, *arguments)

    monkeypatch.setattr(checkpoint.zipfile.ZipFile, "open", noting)
    monkeypatch.setattr(checkpoint, "sha256_of", None)
    assert folder.find_second() == second
    assert names == ["facts.npy"]


def test_weights_are_listed_by_stage_with_0_for_those_without(folder, tiny_spec, tiny_dataset, tiny_features):
    spec = tiny_spec("2_vis_blstm")
    model = build_model(spec, DatasetInfo.of(tiny_dataset, tiny_features))
    folder.write_weights(spec, model)
    entries = read_weights(folder.file(".w.npy"))
    assert len(entries) == len(spec.stages)
    trained = {"txtDict", "imgMapFirst", "imgMapLast", "lstmF", "lstmB", "answer"}
    for stage, entry in zip(spec.stages, entries, strict=True):
        if stage.name in trained:
            np.testing.assert_array_equal(entry, stage_matrix(model.get_layer(stage.name)))
        else:
            assert entry == 0
    width = 3 * (5 + 2 * 3 + 1) + 5 + 3 + 1
    assert entries[[s.name for s in spec.stages].index("lstmF")].shape == (width, 3)


def test_the_model_file_is_copied_as_it_is(folder, tiny_spec):
    spec = tiny_spec("bow")
    folder.write_spec(spec)
    assert folder.file(".model.yml").read_bytes() == spec.path.read_bytes()
    assert len(spec_hash(spec)) == 64


def test_words_answers_and_figures_are_json(folder, tiny_dataset):
    folder.write_words(tiny_dataset.question_words, tiny_dataset.answers)
    folder.write_json("run", {"word": "café"})
    words = json.loads((folder.path / "vocabulary.json").read_text())
    assert words == {"first_id": 1, "words": [*"abcdefgh", "UNK"]}
    assert json.loads((folder.path / "answers.json").read_text())["words"] == ["cat", "two", "red", "UNK"]
    assert "café" in (folder.path / "run.json").read_text(encoding="utf-8")


def test_answers_are_written_a_line_each(folder):
    folder.write_answers(["cat", "two"], ["red", "two"])
    assert folder.file(".test.o.txt").read_text() == "cat\ntwo\n"
    assert folder.file(".test.t.txt").read_text() == "red\ntwo\n"


def test_versions_name_what_numbers_depend_on():
    assert {"python", "cocoqa_keras", "tensorflow", "keras", "numpy"} <= set(versions())
