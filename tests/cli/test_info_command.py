"""cocoqa-data info: what a data set and its image features hold."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from cocoqa_keras import load_dataset
from cocoqa_keras.cli.data import main
from cocoqa_keras.data.features_writer import write_features


def printed(arguments, capsys):
    assert main(["info", *arguments]) == 0
    return capsys.readouterr().out


def refused(arguments, capsys):
    assert main(["info", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("error: ")
    assert output.err.count("\n") == 1
    return output.err


def test_info_tells_sizes_parts_and_features(tiny, capsys):
    text = printed(["cocoqa"], capsys)
    lines = [line.split() for line in text.splitlines()]
    for line in (
        ["words", "11"],
        ["answers", "7"],
        ["images", "6"],
        ["padded", "to", "55", "words", "a", "question"],
        ["sha256", load_dataset("cocoqa").fingerprint()],
        ["train", "valid", "test"],
        ["questions", "40", "10", "12"],
        ["features", "an", "image", "6"],
        ["made", "by", "not", "noted", "in", "the", "file"],
        ["statistics", "mean", "and", "std"],
    ):
        assert line in lines
    assert "Types of train and valid: guessed" in text


def test_info_draws_histograms_that_any_file_can_hold(tiny, capsys):
    text = printed(["cocoqa"], capsys)
    assert text.isascii()
    (longest,) = {line.count("#") for line in text.splitlines() if line.count("#") >= 40}
    assert longest == 40


def test_info_draws_blocks_in_a_terminal(tiny, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    text = printed(["cocoqa"], capsys)
    assert "█" * 40 in text
    assert "#" not in text


def test_info_is_also_there_for_programs(tiny, capsys):
    write_features("others.h5", np.eye(6), extractor="drawn")
    facts = json.loads(printed(["cocoqa", "--features", "others.h5", "--json"], capsys))
    assert facts["splits"]["train"]["questions"] == 40
    assert (
        facts["splits"]["test"]["question_types"]["object"]
        + facts["splits"]["test"]["question_types"]["color"]
        == 12
    )
    assert facts["splits"]["train"]["guessed_types"] is True
    assert facts["splits"]["test"]["guessed_types"] is False
    assert facts["fingerprint"] == load_dataset("cocoqa").fingerprint()
    assert sum(facts["question_lengths"]) == 62
    assert facts["features"] == {
        "path": "others.h5",
        "images": 6,
        "width": 6,
        "density": 1 / 6,
        "bytes": Path("others.h5").stat().st_size,
        "extractor": "drawn",
        "has_mean": True,
        "has_std": True,
    }


def test_info_leaves_out_the_parts_that_are_missing(tiny, capsys):
    Path("cocoqa/valid.npy").unlink()
    Path("hidden_oxford_mscoco.h5").unlink()
    facts = json.loads(printed(["cocoqa", "--json"], capsys))
    assert list(facts["splits"]) == ["train", "test"]
    assert facts["features"] is None
    assert "Image features" not in printed(["cocoqa"], capsys)


def test_info_refuses_a_damaged_data_set(tiny, capsys):
    np.save("cocoqa/train.npy", np.zeros(3))
    assert "cocoqa/train.npy: expected two arrays of integers" in refused(["cocoqa"], capsys)


def test_info_refuses_a_folder_without_data(tiny, capsys):
    assert "no folder data/cocoqa; check the path" in refused([], capsys)


@pytest.mark.parametrize("name", ["nowhere.h5", "cocoqa/train.npy"])
def test_info_refuses_features_that_are_none(name, tiny, capsys):
    assert name in refused(["cocoqa", "--features", name], capsys)
