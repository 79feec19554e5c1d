"""One model for each question type."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.ensembles.per_type import combine_by_type, map_answers
from cocoqa_keras.errors import InputError

OBJECT, NUMBER, COLOR, LOCATION = QuestionType
ALL = Vocabulary(("cat", "two", "red", "UNK"), 0)


@given(types=st.lists(st.sampled_from(QuestionType), min_size=1, max_size=20), seed=st.integers(0, 1000))
def test_every_question_is_answered_by_the_model_of_its_type(types, seed):
    models = np.random.RandomState(seed).uniform(0, 1, (4, len(types), 3))
    combined = combine_by_type(dict(zip(QuestionType, models, strict=True)), np.array(types))
    for row, kind in enumerate(types):
        np.testing.assert_array_equal(combined[row], models[kind, row])


def test_types_that_do_not_occur_need_no_model():
    scores = np.array([[0.1, 0.9]], np.float32)
    combined = combine_by_type({COLOR: scores}, np.array([2]))
    np.testing.assert_array_equal(combined, scores)
    assert combined.dtype == np.float32


def test_a_type_without_a_model_is_named():
    with pytest.raises(InputError, match="no model answers questions of type number, location"):
        combine_by_type({OBJECT: np.ones((3, 2))}, np.array([0, 1, 3]))


@pytest.mark.parametrize("shape", [(2, 3), (1, 2)], ids=["answers", "questions"])
def test_models_of_other_questions_or_answers_are_refused(shape):
    scores = {OBJECT: np.ones((2, 2)), NUMBER: np.ones(shape)}
    with pytest.raises(InputError, match=r"expected scores of 2 questions .*\(2, 2\), "):
        combine_by_type(scores, np.array([0, 1]))


def test_scores_for_fewer_questions_than_types_are_refused():
    with pytest.raises(InputError, match="expected scores of 3 questions"):
        combine_by_type({OBJECT: np.ones((2, 2))}, np.array([0, 0, 0]))


def test_answers_are_matched_by_name_and_unknown_ones_score_nothing():
    own = Vocabulary(("red", "cat", "UNK"), 0)
    mapped = map_answers(np.array([[0.5, 0.3, 0.2]], np.float32), own, ALL)
    np.testing.assert_array_equal(mapped, np.array([[0.3, 0, 0.5, 0.2]], np.float32))
    assert mapped.dtype == np.float32


def test_answers_that_the_full_list_lacks_count_as_unk():
    own = Vocabulary(("green", "red", "blue", "UNK"), 0)
    mapped = map_answers(np.array([[0.1, 0.2, 0.3, 0.4]]), own, ALL)
    np.testing.assert_allclose(mapped, [[0, 0, 0.2, 0.8]])


@given(
    words=st.lists(st.sampled_from("abcdefgh"), unique=True),
    all_words=st.lists(st.sampled_from("abcdefgh"), unique=True),
    seed=st.integers(0, 1000),
)
def test_no_score_is_lost(words, all_words, seed):
    own, full = Vocabulary((*words, "UNK"), 0), Vocabulary((*all_words, "UNK"), 0)
    scores = np.random.RandomState(seed).dirichlet(np.ones(len(own)), 3)
    mapped = map_answers(scores, own, full)
    np.testing.assert_allclose(mapped.sum(axis=1), 1)
    for word in set(words) & set(all_words):
        np.testing.assert_array_equal(mapped[:, full.id_of(word)], scores[:, own.id_of(word)])


def test_the_same_list_of_answers_changes_nothing():
    scores = np.random.RandomState(0).uniform(0, 1, (3, 4))
    np.testing.assert_array_equal(map_answers(scores, ALL, ALL), scores)


def test_scores_of_other_answers_are_refused():
    with pytest.raises(InputError, match=r"each of 4 answers, found shape \(2, 3\)"):
        map_answers(np.ones((2, 3)), ALL, ALL)
