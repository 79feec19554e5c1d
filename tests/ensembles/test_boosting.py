"""Boosting: alphas, example weights, mixtures, and a whole round."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cocoqa_keras.data.split import Split
from cocoqa_keras.ensembles.average import average
from cocoqa_keras.ensembles.boosting import best_mixture, boost_run, boosting_alpha, boosting_weights
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.metrics import rate
from cocoqa_keras.spec import TrainingConfig
from cocoqa_keras.training.example_weights import read_example_weights, trained_parts, write_example_weights
from cocoqa_keras.training.reporter import SilentReporter
from cocoqa_keras.training.run import load_run
from cocoqa_keras.training.run_scores import scores_of
from cocoqa_keras.training.trainer import Trainer

# Three of four questions right, among three answers.
SCORES = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.2, 0.7], [0.5, 0.3, 0.2]])
ANSWERS = np.array([0, 1, 2, 1])


def test_alpha_is_that_of_samme():
    assert boosting_alpha(SCORES, ANSWERS) == pytest.approx(np.log(0.75 / 0.25) + np.log(2))


def test_alpha_counts_examples_by_their_weights():
    assert boosting_alpha(SCORES, ANSWERS, np.array([1, 1, 0, 2])) == pytest.approx(np.log(2))


def test_wrong_answers_weigh_more_and_right_ones_less():
    alpha = np.log(6)
    expected = np.array([1 / 6, 1 / 6, 1 / 6, 6])
    weights = boosting_weights(SCORES, ANSWERS)
    np.testing.assert_allclose(weights, expected / expected.mean())
    assert weights[3] / weights[0] == pytest.approx(np.exp(2 * alpha))


def test_weights_build_on_those_of_the_round_before():
    given_weights = np.array([1.0, 1.0, 0.0, 2.0])
    alpha = boosting_alpha(SCORES, ANSWERS, given_weights)
    expected = given_weights * np.exp([-alpha, -alpha, -alpha, alpha])
    np.testing.assert_allclose(boosting_weights(SCORES, ANSWERS, given_weights), expected / expected.mean())


@given(seed=st.integers(0, 1000), count=st.integers(2, 30), answer_count=st.integers(2, 6))
def test_weights_have_mean_one_and_alpha_is_positive(seed, count, answer_count):
    random = np.random.RandomState(seed)
    scores, answers = random.uniform(0, 1, (count, answer_count)), random.randint(0, answer_count, count)
    assume(1 / answer_count < rate(scores, answers) < 1)
    weights = boosting_weights(scores, answers)
    is_right = scores.argmax(axis=1) == answers
    assert boosting_alpha(scores, answers) > 0
    assert weights.mean() == pytest.approx(1)
    assert weights[~is_right].min() > 1 > weights[is_right].max() > 0


@pytest.mark.parametrize("answers", [[0, 1, 2, 0], [0, 2, 1, 1], [1, 2, 0, 1]], ids=["all", "fewer", "none"])
def test_a_model_that_boosting_cannot_use_is_refused(answers):
    with pytest.raises(InputError, match="cannot boost a model that answers a share of"):
        boosting_alpha(SCORES, np.array(answers))


def test_the_best_mixture_answers_most_questions_right():
    # The first model is right on the first question, the second on the second; together, on both from a
    # share of 0.4 to one of 0.6.
    first, second = np.array([[0.6, 0.4], [0.6, 0.4]]), np.array([[0.45, 0.55], [0.2, 0.8]])
    assert best_mixture(first, second, np.array([0, 1])) == 0.5


def test_of_two_mixtures_as_good_the_more_even_one_is_chosen():
    right, wrong = np.array([[0.9, 0.1]]), np.array([[0.0, 1.0]])
    share = best_mixture(right, wrong, np.array([0]))
    assert share == pytest.approx(0.56)  # right from 0.5 / 0.9 on
    assert best_mixture(wrong, right, np.array([0])) == pytest.approx(0.44)
    assert best_mixture(right, right, np.array([0])) == 0.5


@given(seed=st.integers(0, 1000))
def test_a_mixture_is_never_worse_than_either_model(seed):
    random = np.random.RandomState(seed)
    first, second = random.uniform(0, 1, (2, 12, 3))
    answers = random.randint(0, 3, 12)
    share = best_mixture(first, second, answers)
    mixed = rate(average([first, second], [share, 1 - share]), answers)
    assert mixed >= max(rate(first, answers), rate(second, answers))


# A whole round. Each word has its answer, and a short run learns those of frequent words only.

WORDS = np.array([1, 2] * 3 + [3, 4] * 2 + [5, 6, 7, 8], np.int32)


@pytest.fixture(scope="module")
def dataset(tiny_dataset):
    """70 training and 14 validation examples, questions of one word each."""

    def split(times):
        words = np.random.RandomState(0).permutation(np.tile(WORDS, times))
        return Split(np.ones_like(words), words[:, None], words % 4)

    return replace(tiny_dataset, train=split(5), valid=split(1))


@pytest.fixture(scope="module")
def train(tiny_spec, dataset, tmp_path_factory):
    """Trains on training and validation examples, weighed where a prefix is given, and not for long."""

    def make(example_weights=None):
        trainer = Trainer(
            tiny_spec("bow"),
            dataset,
            config=TrainingConfig(numEpoch=5, batchSize=10, plotFigs=False),
            output=tmp_path_factory.mktemp("results"),
            exports=False,
            tensorboard=False,
            reporter=SilentReporter(),
            example_weights=example_weights,
        )
        return load_run(trainer.train_round_two(0.0).folder.path)

    return make


@pytest.fixture(scope="module")
def weak(train):
    return train()


@pytest.fixture(scope="module")
def scores_and_answers(dataset):
    """The scores of a run for training and validation examples, and their true answers."""
    parts = trained_parts(dataset)
    answers = np.concatenate([split.answers for split in parts.values()])

    def of(run):
        return np.concatenate([scores_of(run, dataset, name) for name in parts]), answers

    return of


def test_a_round_of_boosting_raises_the_training_rate(weak, train, dataset, scores_and_answers, tmp_path):
    boost_run(weak, dataset, tmp_path / "second")
    first, answers = scores_and_answers(weak)
    second, _ = scores_and_answers(train(tmp_path / "second"))
    valid = slice(len(dataset.train), None)
    share = best_mixture(first[valid], second[valid], answers[valid])
    boosted = average([first, second], [share, 1 - share])
    assert rate(first, answers) < 0.75
    assert rate(boosted, answers) > rate(first, answers) + 0.1


def test_written_weights_are_those_of_training_and_validation_examples_together(
    weak, dataset, scores_and_answers, tmp_path
):
    scores, answers = scores_and_answers(weak)
    alpha = boost_run(weak, dataset, tmp_path / "next")
    written = read_example_weights(tmp_path / "next", dataset)
    expected = boosting_weights(scores, answers)
    assert alpha == boosting_alpha(scores, answers)
    np.testing.assert_array_equal(written["train"], expected[: len(dataset.train)])
    np.testing.assert_array_equal(written["valid"], expected[len(dataset.train) :])


def test_weights_of_a_weighted_run_build_on_its_own(train, dataset, scores_and_answers, tmp_path):
    train_count, count = len(dataset.train), len(dataset.train) + len(dataset.valid)
    own = np.linspace(0.5, 1.5, count)
    write_example_weights(tmp_path / "own", {"train": own[:train_count], "valid": own[train_count:]})
    run = train(tmp_path / "own")
    scores, answers = scores_and_answers(run)
    alpha = boost_run(run, dataset, tmp_path / "next")
    written = np.concatenate([*read_example_weights(tmp_path / "next", dataset).values()])
    assert alpha == boosting_alpha(scores, answers, own)
    np.testing.assert_array_equal(written, boosting_weights(scores, answers, own))
    with pytest.raises(InputError, match=r"was trained with the weights of .*own; write the next ones else"):
        boost_run(run, dataset, tmp_path / "own")
