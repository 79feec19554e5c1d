"""All figures of a model on a split, how sure they are, and their lines."""

import numpy as np
import pytest

from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.evaluation import evaluator
from cocoqa_keras.evaluation.evaluator import (
    differences,
    evaluate,
    find_similarity,
    intervals,
    means,
    outcomes,
    result_lines,
)

SCORES = np.eye(12)[[0, 1, 2, 3]] + np.linspace(0.12, 0.01, 12)
ANSWERS = np.array([0, 1, 11, 6])


def test_the_figures_come_in_the_order_of_result_files():
    similarity = np.eye(12)
    similarity[2, 11], similarity[3, 6] = 0.95, 0.5
    figures = evaluate(SCORES, ANSWERS, np.array([0, 1, 3, 2]), similarity)
    assert figures == {
        "rate": 0.5,
        "rate @ 1": 0.5,
        "rate @ 5": 0.5,
        "rate @ 10": 0.75,
        "object": 1.0,
        "number": 1.0,
        "color": 0.0,
        "location": 0.0,
        "WUPS 1.0": 0.5,
        "WUPS 0.9": pytest.approx((2 + 0.95 + 0.05) / 4),
        "WUPS 0.0": pytest.approx((2 + 0.95 + 0.5) / 4),
    }
    assert list(figures)[4:] == ["object", "number", "color", "location", "WUPS 1.0", "WUPS 0.9", "WUPS 0.0"]


def test_types_that_do_not_occur_have_no_figure():
    assert list(evaluate(SCORES, ANSWERS, np.array([0, 3, 3, 0])))[4:] == ["object", "location"]
    assert list(evaluate(SCORES, ANSWERS)) == ["rate", "rate @ 1", "rate @ 5", "rate @ 10"]


def test_rates_by_type_average_to_the_rate():
    random = np.random.RandomState(0)
    types = random.randint(0, 4, 300)
    figures = evaluate(random.rand(300, 3), random.randint(0, 3, 300), types)
    by_type = [figures[kind.name.lower()] for kind in QuestionType]
    assert len(set(by_type)) == 4
    assert np.average(by_type, weights=np.bincount(types)) == pytest.approx(figures["rate"])


def test_fewer_answers_than_ranks_are_fine():
    figures = evaluate(np.eye(3), np.array([0, 1, 0]))
    assert figures["rate"] == pytest.approx(2 / 3)
    assert figures["rate @ 5"] == figures["rate @ 10"] == 1


def test_every_figure_lies_in_its_interval():
    random = np.random.RandomState(0)
    found = outcomes(random.rand(300, 12), random.randint(0, 12, 300), random.randint(0, 4, 300), np.eye(12))
    for name, (low, high) in intervals(found).items():
        assert low < means(found)[name] < high


def test_models_are_compared_on_the_same_questions():
    random = np.random.RandomState(0)
    scores, answers, types = random.rand(300, 12), random.randint(0, 12, 300), random.randint(0, 4, 300)
    better = scores + 0.3 * np.eye(12)[answers]
    first, second = (outcomes(either, answers, types) for either in (better, scores))
    gain = differences(first, second)
    for name, value in means(gain).items():
        assert value == pytest.approx(means(first)[name] - means(second)[name])
    assert intervals(gain)["rate"][0] > 0
    assert set(means(differences(first, first)).values()) == {0}


def test_what_wups_lacks_is_one_line_unless_a_folder_is_given(monkeypatch, tmp_path):
    def refuse(answers, wordnet):
        raise evaluator.InputError("the similarity of 'floop' needs WordNet")

    lines = []
    monkeypatch.setattr(evaluator, "similarity_matrix", refuse)
    assert find_similarity(["floop", "UNK"], lines.append) is None
    assert lines == ["WUPS is left out: the similarity of 'floop' needs WordNet"]
    with pytest.raises(evaluator.InputError):
        find_similarity(["floop"], pytest.fail, tmp_path)


def test_answers_of_the_paper_have_similarities():
    similarity = find_similarity(["cat", "dog", "UNK"], pytest.fail)
    assert similarity.shape == (3, 3)
    assert similarity[0, 1] == pytest.approx(6 / 7)
    assert similarity[2].tolist() == [0, 0, 1]


def test_lines_have_a_name_and_four_digits():
    assert result_lines({"rate": 2 / 3, "rate @ 10": 1.0}) == "rate: 0.6667\nrate @ 10: 1.0000\n"
    assert result_lines({}) == ""
