"""All figures of a model on a split, and their lines."""

import numpy as np
import pytest

from cocoqa_keras.evaluation.evaluator import evaluate, result_lines

SCORES = np.eye(12)[[0, 1, 2, 3]] + np.linspace(0.12, 0.01, 12)
ANSWERS = np.array([0, 1, 11, 6])


def test_the_figures_come_in_the_order_of_result_files():
    figures = evaluate(SCORES, ANSWERS, np.array([0, 1, 3, 2]))
    assert figures == {
        "rate": 0.5,
        "rate @ 1": 0.5,
        "rate @ 5": 0.5,
        "rate @ 10": 0.75,
        "object": 1.0,
        "number": 1.0,
        "color": 0.0,
        "location": 0.0,
    }
    assert list(figures)[4:] == ["object", "number", "color", "location"]


def test_types_that_do_not_occur_have_no_figure():
    assert list(evaluate(SCORES, ANSWERS, np.array([0, 3, 3, 0])))[4:] == ["object", "location"]
    assert list(evaluate(SCORES, ANSWERS)) == ["rate", "rate @ 1", "rate @ 5", "rate @ 10"]


def test_fewer_answers_than_ranks_are_fine():
    figures = evaluate(np.eye(3), np.array([0, 1, 0]))
    assert figures["rate"] == pytest.approx(2 / 3)
    assert figures["rate @ 5"] == figures["rate @ 10"] == 1


def test_lines_have_a_name_and_four_digits():
    assert result_lines({"rate": 2 / 3, "rate @ 10": 1.0}) == "rate: 0.6667\nrate @ 10: 1.0000\n"
    assert result_lines({}) == ""
