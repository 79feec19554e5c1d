"""What a run answered is read back, and damage is named."""

import json

import numpy as np
import pytest
from made_runs import answered, write_run

from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.predictions import write_predictions
from cocoqa_keras.report.answers import read_answers


def test_what_evaluation_wrote_is_read(tiny_dataset, tmp_path):
    scores = np.random.default_rng(0).random((len(tiny_dataset.test), 4)).astype(np.float32)
    write_predictions(tmp_path / "predictions.jsonl", tiny_dataset, "test", scores)
    run = read_answers(tmp_path)
    assert [asked.question.split() for asked in run.questions] == tiny_dataset.words_of("test")
    is_right = scores.argmax(axis=1) == tiny_dataset.test.answers
    assert [asked.is_right for asked in run.questions] == is_right.tolist()
    assert [entry.score for entry in run.questions[0].answers] == pytest.approx(
        sorted(scores[0])[::-1], abs=1e-6
    )
    assert run.name == tmp_path.name
    assert run.data_folder is None


def test_what_run_json_tells_is_read(tmp_path):
    summary = {"model": {"name": "bow", "file": "bow.yml"}, "data": {"folder": "data"}, "test": {"rate": 0.5}}
    run = read_answers(write_run(tmp_path / "run", [answered()], summary))
    assert run.summary.model.name == "bow"
    assert str(run.data_folder) == "data"
    assert run.summary.test == {"rate": 0.5}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"truth": None}, "line 2, field 'truth': should be a valid string"),
        ({"type": "colour"}, "line 2, field 'type': should be one of object, number, color, location"),
        ({"answers": []}, "line 2, field 'answers'"),
        ({"answers": [{"answer": "cat"}]}, r"line 2, field 'answers\.0\.score': Field required"),
        ({"answers": [{"answer": "cat", "score": float("nan")}]}, r"field 'answers\.0\.score'.*finite"),
        ({"image": "\ud800"}, "line 2: Invalid JSON"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, damage, message):
    folder = write_run(tmp_path / "run", [answered()])
    with (folder / "predictions.jsonl").open("a") as file:
        file.write(json.dumps(answered() | damage) + "\n")
    with pytest.raises(InputError, match=message):
        read_answers(folder)


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"[]\n", b'{"question": "what', b'{"question": "\xff"}', b"[" * 9999]
)
def test_a_file_that_ends_amiss_is_refused(tmp_path, line):
    folder = write_run(tmp_path / "run", [])
    (folder / "predictions.jsonl").write_bytes(line)
    with pytest.raises(InputError, match=r"predictions\.jsonl") as refusal:
        read_answers(folder)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("content", ["{", "[]", '{"data": {"folder": 7}}', '{"test": {"rate": "high"}}'])
def test_a_damaged_run_json_is_refused(tmp_path, content):
    folder = write_run(tmp_path / "run", [answered()])
    (folder / "run.json").write_text(content)
    with pytest.raises(InputError, match=r"run\.json.*train anew"):
        read_answers(folder)


def test_a_folder_without_answers_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"not the folder of a finished run: it has no predictions\.jsonl"):
        read_answers(tmp_path)
