"""Boosting: models one after another, each trained most on what the one before got wrong.

A round: `boost_run` weighs the examples by what a run got wrong, training with these weights makes the next
run, and `average` mixes the scores of both, each weighed by its alpha, or by a share that `best_mixture`
finds.
"""

from pathlib import Path

import numpy as np

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.ensembles.average import average
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.metrics import ranks, rate
from cocoqa_keras.training.example_weights import (
    read_example_weights,
    trained_parts,
    write_example_weights,
)
from cocoqa_keras.training.run import Run
from cocoqa_keras.training.run_scores import scores_of

SHARES = np.arange(101) / 100  # among which `best_mixture` chooses


def boosting_alpha(scores: np.ndarray, answers: np.ndarray, weights: np.ndarray | None = None) -> float:
    """How much a model counts among boosted ones: log(r / (1 - r)) + log(A - 1).

    r is the share of the examples that it answers right, each by its weight; a model that guesses among the A
    answers has alpha 0.

    Args:
        scores: (N, A), for the examples that the next model is to be trained on.
        answers: (N,) int, the true answers.
        weights: (N,), the weights that the model was trained with; by default all examples count the same.

    Raises:
        InputError: all answers are right, or no more than by guessing: boosting has nothing to work with.

    Reference:
        SAMME (Zhu, Zou, Rosset, Hastie: Multi-class AdaBoost, 2009), as in the 2015 program.
    """
    answer_count = scores.shape[1]
    right_rate = np.average(_is_right(scores, answers), weights=weights)
    if not 1 / answer_count < right_rate < 1:
        raise InputError(
            f"cannot boost a model that answers a share of {right_rate:.4f} right: more than a guess among "
            f"{answer_count} answers is needed, and less than all"
        )
    return float(np.log(right_rate / (1 - right_rate)) + np.log(answer_count - 1))


def boosting_weights(
    scores: np.ndarray, answers: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """The weights of the examples for the next model.

    Those that a model answers wrong are multiplied by exp(alpha), those that it answers right by exp(-alpha).

    Args:
        scores: (N, A), as for `boosting_alpha`.
        answers: (N,) int, the true answers.
        weights: (N,), the weights that the model was trained with; by default all examples count the same.

    Returns:
        float64 (N,), with mean 1.

    Raises:
        InputError: as for `boosting_alpha`.

    Reference:
        The 2015 program's boosting. SAMME multiplies the wrong ones alone, so that the ratio of the two is
        exp(alpha) there and its square here: the next model sees little but what this one got wrong.
    """
    alpha = boosting_alpha(scores, answers, weights)
    factors = np.exp(np.where(_is_right(scores, answers), -alpha, alpha))
    next_weights = factors if weights is None else weights * factors
    return next_weights / next_weights.mean()


def boost_run(
    run: Run, dataset: Dataset, prefix: str | Path, features: SparseFeatures | None = None
) -> float:
    """Writes the example weights that `cocoqa-train --example-weights PREFIX` takes, to train the next run.

    Training and validation examples are weighed as one set, since a second round trains on both. Where the
    run was trained with weights itself, the new ones build on them.

    Args:
        run: the run to improve on.
        dataset: the data set that it was trained on.
        prefix: what the names of the files begin with, `PREFIX-train.npy` and `PREFIX-valid.npy`.
        features: image features, for a model that takes an image.

    Returns:
        the run's alpha.

    Raises:
        InputError: the data are not the run's, its own weights are gone or would be written over, or
            `boosting_alpha` refuses it.
    """
    parts = trained_parts(dataset)
    own = run.summary.example_weights
    if own is not None and Path(own).resolve() == Path(prefix).resolve():
        raise InputError(f"{run.folder} was trained with the weights of {own}; write the next ones elsewhere")
    weights = None if own is None else np.concatenate([*read_example_weights(own, dataset).values()])
    scores = np.concatenate([scores_of(run, dataset, name, features) for name in parts])
    answers = np.concatenate([split.answers for split in parts.values()])
    ends = np.cumsum([len(split) for split in parts.values()])[:-1]
    next_weights = np.split(boosting_weights(scores, answers, weights), ends)
    write_example_weights(prefix, dict(zip(parts, next_weights, strict=True)))
    return boosting_alpha(scores, answers, weights)


def best_mixture(first: np.ndarray, second: np.ndarray, answers: np.ndarray) -> float:
    """The share of the first of two models in the mean that answers most questions right.

    Args:
        first: (N, A), scores on validation examples.
        second: (N, A), scores of another model.
        answers: (N,) int, the true answers.

    Returns:
        a share from 0 to 1, in steps of 0.01: the first model's, and 1 minus it the second's. Of equally good
        ones, that nearest to one half.
    """

    def merit(share: float) -> tuple[float, float]:
        return rate(average([first, second], [share, 1 - share]), answers), -abs(share - 0.5)

    return float(max(SHARES, key=merit))


def _is_right(scores: np.ndarray, answers: np.ndarray) -> np.ndarray:
    return ranks(scores, answers) == 0
