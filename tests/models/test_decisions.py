"""What turns outputs into answers."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.models.decisions import (
    DECISIONS,
    DECISIONS_OF_A_NUMBER,
    answer_scores,
    decided_answers,
)
from cocoqa_keras.spec.model_spec import Decision


def test_every_decision_of_a_model_file_is_there():
    assert set(DECISIONS) == set(Decision.__args__)


@pytest.mark.parametrize("name", DECISIONS)
def test_decisions_equal_the_2015_program(stages, floatx, name):
    figures = np.load(stages / "stages.npz", allow_pickle=False)
    outputs = figures[f"decision/{name}/Y"].astype(floatx)
    np.testing.assert_array_equal(DECISIONS[name](outputs), figures[f"decision/{name}/out"])


@pytest.mark.parametrize(
    ("name", "outputs", "answers"),
    [
        ("argmax", [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]], [1, 0]),
        # Probabilities of being below each answer: the steps up to the next one are 0.7, 0.2.
        ("argmaxDiff", [[0.0, 0.7, 0.9], [0.0, 0.1, 0.9]], [0, 1]),
        ("argmaxDiff", [[0.9, 0.7, 0.5]], [2]),  # the last has no next one, and counts 0
        ("argmaxDiff", [[5.0]], [0]),
        ("hardLimit", [[0.5], [0.501], [-3.0], [3.0]], [0, 1, 0, 1]),
        ("round", [[0.5], [1.5], [2.5], [-0.4], [-1.2], [7.0]], [0, 2, 2, 0, -1, 7]),
    ],
)
def test_decisions_by_hand(name, outputs, answers):
    np.testing.assert_array_equal(decided_answers(name, np.array(outputs)), answers)


@given(
    name=st.sampled_from(sorted(DECISIONS)),
    seed=st.integers(0, 1000),
    count=st.integers(2, 5),
    examples=st.integers(0, 4),
)
def test_the_decided_answer_scores_highest_and_numbers_beyond_the_answers_count_as_the_nearest(
    name, seed, count, examples
):
    width = 1 if name in DECISIONS_OF_A_NUMBER else count
    # Halves, so that numbers midway between two answers occur.
    outputs = np.random.RandomState(seed).randint(-4, 16, (examples, width)) / 2
    scores = np.asarray(answer_scores(name, outputs, count))
    assert scores.shape == (examples, count)
    assert scores.dtype == outputs.dtype
    decided = np.clip(decided_answers(name, outputs), 0, count - 1)
    np.testing.assert_array_equal(scores.argmax(axis=1), decided)


def test_answers_nearer_to_a_number_score_higher():
    scores = np.asarray(answer_scores("round", np.array([[1.75]]), 4))
    np.testing.assert_allclose(scores, [[-1.75, -0.75, 0, -1.25]])


@pytest.mark.parametrize("name", DECISIONS)
def test_decisions_are_made_in_a_graph_for_any_number_of_examples(name):
    width = 1 if name in DECISIONS_OF_A_NUMBER else 3

    @tf.function(input_signature=[tf.TensorSpec((None, width), tf.float32)])
    def decide(outputs):
        return decided_answers(name, outputs), answer_scores(name, outputs, 3)

    for examples in (0, 1, 5):
        outputs = np.random.RandomState(examples).standard_normal((examples, width)).astype("float32")
        answers, scores = decide(outputs)
        assert answers.dtype == tf.int32
        np.testing.assert_array_equal(answers, decided_answers(name, outputs))
        np.testing.assert_array_equal(scores, answer_scores(name, outputs, 3))
