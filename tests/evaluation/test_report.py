"""Figures to print and to keep."""

import json

import numpy as np

from cocoqa_keras.evaluation.evaluator import means, outcomes
from cocoqa_keras.evaluation.report import EvaluationReport


def some_outcomes(seed):
    random = np.random.RandomState(seed)
    answers, types = np.arange(40) % 5, np.arange(40) % 2
    return outcomes(random.rand(40, 5), answers, types)


def test_a_row_tells_figure_and_interval():
    found = some_outcomes(0)
    report = EvaluationReport(["bow", "lstm"], "data", "valid", found, notes=["WUPS is left out"])
    lines = str(report.table()).splitlines()
    assert lines[0] == "bow + lstm: 40 questions, valid of data"
    assert lines[-1] == "WUPS is left out"
    low, high = report.to_dict()["intervals"]["rate @ 5"]
    assert lines[4].split() == ["rate", "@", "5", "1.0000", f"{low:.4f}", "to", f"{high:.4f}"]
    assert len(lines) == 2 + len(found) + 1


def test_another_model_is_compared_in_columns_of_its_own():
    first, second = some_outcomes(0), some_outcomes(1)
    report = EvaluationReport(["bow"], "data", "test", first, against="lstm", others=second)
    content = json.loads(json.dumps(report.to_dict()))
    gain = means(first)["object"] - means(second)["object"]
    assert np.isclose(content["differences"]["object"], gain)
    low, high = content["difference_intervals"]["object"]
    lines = str(report.table()).splitlines()
    row = next(line for line in lines if "object" in line)
    assert row.split()[-4:] == [f"{gain:+.4f}", f"{low:+.4f}", "to", f"{high:+.4f}"]
    assert lines[-1] == "Difference: from lstm, on the same questions"


def test_what_is_not_compared_is_not_in_json():
    content = EvaluationReport(["bow"], "data", "test", some_outcomes(0)).to_dict()
    assert list(content) == ["models", "data", "split", "questions", "figures", "intervals", "notes"]
