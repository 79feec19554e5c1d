"""What a model answered, question by question."""

import json

import numpy as np
import pytest

from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation import predictions as module
from cocoqa_keras.evaluation.predictions import predictions, write_predictions

SCORES = np.array([[0.1, 0.4, 0.1, 0.4]] * 9 + [[0, 0.1234567, 0.5, 0.3]], np.float32)


@pytest.mark.parametrize("block", [3, 1000])
def test_a_line_tells_question_image_type_truth_and_the_best_answers(
    tiny_dataset, tmp_path, monkeypatch, block
):
    monkeypatch.setattr(module, "_BLOCK", block)
    write_predictions(tmp_path / "predictions.jsonl", tiny_dataset, "test", SCORES)
    lines = [json.loads(line) for line in (tmp_path / "predictions.jsonl").read_text().splitlines()]
    test = tiny_dataset.test
    assert [line["question"].split() for line in lines] == tiny_dataset.words_of("test")
    assert [line["image"] for line in lines] == [str(99 + image) for image in test.image_ids]
    assert [line["type"] for line in lines] == (["object", "number", "color", "location"] * 3)[:10]
    assert [line["truth"] for line in lines] == tiny_dataset.answers.decode(test.answers.tolist())
    assert [entry["answer"] for entry in lines[0]["answers"]] == ["two", "UNK", "cat", "red"]
    assert lines[9]["answers"] == [
        {"answer": "red", "score": 0.5},
        {"answer": "UNK", "score": 0.3},
        {"answer": "two", "score": 0.123457},
        {"answer": "cat", "score": 0.0},
    ]


def test_as_many_answers_are_listed_as_asked_for(tiny_dataset):
    for prediction in predictions(tiny_dataset, "test", SCORES, top_k=2):
        assert len(prediction["answers"]) == 2


def test_a_model_may_have_answers_of_its_own(tiny_dataset):
    own = Vocabulary(("tabby", "UNK"), 0)
    (first, *_) = predictions(tiny_dataset, "test", np.eye(2)[[0] * 10], own)
    assert [entry["answer"] for entry in first["answers"]] == ["tabby", "UNK"]
    assert first["truth"] in tiny_dataset.answers


def test_a_part_that_is_not_there_leaves_no_file(tiny_dataset, tmp_path):
    with pytest.raises(InputError, match="no part 'dev'"):
        write_predictions(tmp_path / "predictions.jsonl", tiny_dataset, "dev", SCORES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("score", [np.nan, np.inf])
def test_scores_that_json_cannot_hold_leave_no_file(tiny_dataset, tmp_path, score):
    scores = SCORES.copy()
    scores[7] = score
    question = " ".join(tiny_dataset.words_of("test")[7])
    with pytest.raises(InputError, match=f"scores for the question '{question}' are not all finite"):
        write_predictions(tmp_path / "predictions.jsonl", tiny_dataset, "test", scores)
    assert list(tmp_path.iterdir()) == []
