"""The mean of several models' scores."""

from collections.abc import Sequence

import numpy as np

from cocoqa_keras.errors import InputError


def average(scores: Sequence[np.ndarray], weights: Sequence[float] | None = None) -> np.ndarray:
    """The mean of several models' scores for the same questions and answers.

    Args:
        scores: (N, A) of each model, higher is better.
        weights: how much each model counts; only their ratios matter. By default all count the same.

    Returns:
        float64 (N, A).

    Raises:
        InputError: there is no model, the shapes differ, or the weights are not one for each model, finite,
            not negative and not all 0.

    Reference:
        The paper's FULL model, section 4.3: the mean of the outputs of IMG+BOW, VIS+LSTM and 2-VIS+BLSTM.
    """
    _check_shapes(scores)
    shares = np.ones(len(scores)) if weights is None else _checked(weights, len(scores))
    mean = np.zeros(scores[0].shape)
    for model_scores, share in zip(scores, shares / shares.sum(), strict=True):
        mean += share * model_scores  # one by one: a stack of all would need several times the memory
    return mean


def _check_shapes(scores: Sequence[np.ndarray]) -> None:
    shapes = [np.shape(model_scores) for model_scores in scores]
    if len(set(shapes)) != 1 or len(shapes[0]) != 2:
        raise InputError(
            f"expected scores of the same questions and answers from each model, found shapes "
            f"{', '.join(map(str, shapes)) or 'of no model'}; models that answer together need one data set"
        )


def _checked(weights: Sequence[float], count: int) -> np.ndarray:
    values = np.asarray(weights, np.float64)
    if values.shape != (count,) or not np.isfinite(values).all() or (values < 0).any() or not values.any():
        raise InputError(
            f"expected {count} weights, one for each model, finite, not negative and not all 0; "
            f"found {', '.join(map(str, values.ravel()))}"
        )
    return values
