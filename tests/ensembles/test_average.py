"""The mean of several models' scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.ensembles.average import average
from cocoqa_keras.errors import InputError


def test_two_models_meet_in_the_middle():
    first, second = np.array([[0.2, 0.8], [1.0, 0.0]]), np.array([[0.6, 0.4], [0.5, 0.5]])
    np.testing.assert_allclose(average([first, second]), [[0.4, 0.6], [0.75, 0.25]])


def test_weights_count_by_their_ratio():
    first, second = np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])
    for weights in ([3, 1], [0.75, 0.25]):
        np.testing.assert_allclose(average([first, second], weights), [[0.25, 0.75]])


def test_a_model_of_weight_zero_has_no_say():
    first, second = np.array([[0.3, 0.7]]), np.array([[9.0, 9.0]])
    np.testing.assert_array_equal(average([first, second], [2, 0]), first)


def test_single_precision_is_averaged_in_double():
    mean = average([np.full((1, 1), 0.1, np.float32)] * 3)
    assert mean.dtype == np.float64
    assert mean.item() == pytest.approx(float(np.float32(0.1)), rel=1e-15)


@given(
    seed=st.integers(0, 1000),
    shape=st.tuples(st.integers(0, 4), st.integers(1, 4)),
    weights=st.lists(st.floats(0.1, 10), min_size=1, max_size=4),
)
def test_the_mean_is_numpys_and_leaves_the_scores_alone(seed, shape, weights):
    scores = list(np.random.RandomState(seed).uniform(0, 1, (len(weights), *shape)))
    before = [model.copy() for model in scores]
    np.testing.assert_allclose(average(scores, weights), np.average(scores, axis=0, weights=weights))
    np.testing.assert_allclose(average(scores), np.mean(scores, axis=0))
    np.testing.assert_array_equal(scores, before)


@pytest.mark.parametrize(
    "shapes",
    [[], [(2, 3), (2, 4)], [(2, 3), (1, 3)], [(3,), (3,)]],
    ids=["none", "answers", "questions", "1-D"],
)
def test_models_of_other_questions_or_answers_are_refused(shapes):
    with pytest.raises(InputError, match="expected scores of the same questions and answers"):
        average([np.ones(shape) for shape in shapes])


@pytest.mark.parametrize("weights", [[1], [1, 2, 3], [1, -1], [0, 0], [1, np.nan], [1, np.inf]])
def test_weights_that_make_no_mean_are_refused(weights):
    with pytest.raises(InputError, match="expected 2 weights, one for each model"):
        average([np.ones((2, 2))] * 2, weights)
