"""The small files of a run folder, each read by itself."""

import json
import random

import pytest

from cocoqa_keras.errors import InputError
from cocoqa_keras.training.run_files import find_data, read_summary
from cocoqa_keras.training.run_summary import RunSummary


def summary_of(folder, content):
    (folder / "run.json").write_text(json.dumps(content))
    return read_summary(folder)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        *(({part: value}, part) for part in ("data", "test") for value in (None, [], "text")),
        ({"data": {"folder": 5}}, "data.folder"),
        ({"data": {"features": [1]}}, "data.features"),
        ({"example_weights": 7}, "example_weights"),
        ({"test": {"rate": "abc"}}, "test.rate"),
        ({"test": {"a\nb": None}}, r"test.a\nb"),
        ({"test": {"long" * 1000: None}}, "..."),
    ],
)
def test_a_part_of_the_summary_that_is_of_another_type_is_named(tmp_path, content, field):
    with pytest.raises(InputError) as caught:
        summary_of(tmp_path, content)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/run.json, field ")
    assert field in message
    assert message.endswith("; train anew")
    assert len(message) < 300
    assert len(message.splitlines()) == 1


def test_a_summary_may_lack_parts(tmp_path):
    assert summary_of(tmp_path, {}) == RunSummary()


def test_what_a_summary_tells_besides_is_kept_to_the_last_digit(tmp_path):
    numbers = [random.Random(0).uniform(-1, 1) * 10**power for power in range(-30, 30)]
    training = {"examples": 3, "epochs": 2, "seconds": 0.125, "stop_score_of_next_round": numbers}
    content = {"data": {"folder": "d", "sha256": "5f"}, "training": training, "config": {"seed": 2**40}}
    summary = summary_of(tmp_path, content)
    assert summary.training.stop_score_of_next_round == numbers
    assert summary.model_dump(exclude_unset=True) == content


def test_data_are_found_where_they_were_unless_others_are_given(tmp_path):
    features, others = tmp_path / "features.h5", tmp_path / "others.h5"
    features.touch()
    told = summary_of(tmp_path, {"data": {"folder": str(tmp_path), "features": str(features)}})
    assert find_data(tmp_path, told, None, None) == (tmp_path, features)
    assert find_data(tmp_path, told, None, others) == (tmp_path, others)
    assert find_data(tmp_path, told, others, None) == (others, None)
    features.unlink()
    assert find_data(tmp_path, told, None, None) == (tmp_path, None)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, r"run\.json does not tell what the run was trained on; give --data"),
        ({"folder": ""}, r"run\.json does not tell what the run was trained on; give --data"),
        ({"folder": "gone"}, r"its data, gone, are not there; give --data"),
    ],
)
def test_data_that_are_not_there_or_not_told_are_asked_for(tmp_path, data, message):
    told = summary_of(tmp_path, {"data": data})
    with pytest.raises(InputError, match=message):
        find_data(tmp_path, told, None, tmp_path)
    assert find_data(tmp_path, told, tmp_path, None) == (tmp_path, None)
