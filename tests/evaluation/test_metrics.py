"""Figures of merit against slow ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cocoqa_keras.evaluation.metrics import best_answers, confusion, ranks, rate, rate_at

# Few different scores, so that many are equal.
SCORES = st.tuples(st.integers(1, 6), st.integers(1, 5)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.sampled_from([0.0, 0.25, 0.5, 1.0]))
)


def answers_for(data, scores):
    return np.array(
        data.draw(st.lists(st.integers(0, scores.shape[1] - 1), min_size=len(scores), max_size=len(scores)))
    )


@given(scores=SCORES, data=st.data())
def test_the_rate_counts_the_first_best_answer(scores, data):
    answers = answers_for(data, scores)
    right = [list(row).index(max(row)) == answer for row, answer in zip(scores, answers, strict=True)]
    assert rate(scores, answers) == pytest.approx(sum(right) / len(right))


@given(scores=SCORES, data=st.data(), k=st.integers(1, 8))
def test_the_rate_at_k_counts_the_k_best_equal_ones_by_position(scores, data, k):
    answers = answers_for(data, scores)
    right = [
        answer in sorted(range(len(row)), key=lambda column: (-row[column], column))[:k]
        for row, answer in zip(scores, answers, strict=True)
    ]
    assert rate_at(scores, answers, k) == pytest.approx(sum(right) / len(right))


@given(scores=SCORES, data=st.data())
def test_the_rate_at_1_is_the_rate_and_at_all_is_one(scores, data):
    answers = answers_for(data, scores)
    assert rate_at(scores, answers, 1) == rate(scores, answers)
    assert rate_at(scores, answers, scores.shape[1]) == 1


@given(scores=SCORES, data=st.data())
def test_ranks_and_best_answers_are_those_of_a_stable_sort(scores, data):
    answers = answers_for(data, scores)
    order = np.argsort(-scores, axis=1, kind="stable")
    np.testing.assert_array_equal(ranks(scores, answers), np.argmax(order == answers[:, None], axis=1))
    k = data.draw(st.integers(1, 7))
    np.testing.assert_array_equal(best_answers(scores, k), order[:, :k])


def test_an_answer_without_a_number_for_a_score_is_never_right():
    scores = np.array([[np.nan, np.nan], [0.5, np.nan], [np.nan, 0.5], [0.5, 0.1]])
    assert rate(scores, np.zeros(4, int)) == 0.25
    assert rate_at(scores[:3], np.array([1, 1, 0]), 2) == 0


@given(data=st.data(), count=st.integers(1, 30), most=st.integers(1, 7))
def test_confusions_are_counted_among_the_most_frequent_answers(data, count, most):
    ids = st.lists(st.integers(0, 5), min_size=count, max_size=count)
    predicted, answers = np.array(data.draw(ids)), np.array(data.draw(ids))
    frequent, table = confusion(predicted, answers, most)
    by_count = sorted(set(answers.tolist()), key=lambda answer: (-list(answers).count(answer), answer))
    assert frequent.tolist() == by_count[:most]
    for row, true in enumerate(frequent):
        given = predicted[answers == true]
        assert table[row].sum() == len(given)
        assert table[row, :-1].tolist() == [np.count_nonzero(given == answer) for answer in frequent]


def test_an_answer_that_all_tie_with_counts_from_its_position():
    scores = np.zeros((1, 4))
    assert [rate_at(scores, np.array([2]), k) for k in (1, 2, 3, 4)] == [0, 0, 1, 1]


def test_the_decision_of_the_2015_program_is_the_first_best(stages):
    figures = np.load(stages / "stages.npz", allow_pickle=False)
    assert rate(figures["decision/argmax/Y"], figures["decision/argmax/out"]) == 1
