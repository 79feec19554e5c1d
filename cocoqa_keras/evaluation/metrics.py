"""Figures of merit, as pure functions on arrays."""

import numpy as np


def rate(scores: np.ndarray, answers: np.ndarray) -> float:
    """Share of questions whose best answer is the true one.

    Args:
        scores: (N, A), the higher the better; of equal ones the first counts.
        answers: (N,) int, the true answers.
    """
    return float(np.mean(np.argmax(scores, axis=1) == answers))


def rate_at(scores: np.ndarray, answers: np.ndarray, k: int) -> float:
    """Share of questions whose true answer is among the k best.

    Args:
        scores: (N, A), the higher the better; equal ones rank by their position.
        answers: (N,) int, the true answers.
        k: how many answers count.
    """
    true_scores = np.take_along_axis(scores, answers[:, None], axis=1)
    better = np.count_nonzero(scores > true_scores, axis=1)
    is_before = np.arange(scores.shape[1]) < answers[:, None]
    equal_before = np.count_nonzero((scores == true_scores) & is_before, axis=1)
    return float(np.mean(better + equal_before < k))


def rate_by_type(scores: np.ndarray, answers: np.ndarray, types: np.ndarray) -> dict[int, float]:
    """The rate of each question type that occurs.

    Args:
        scores: (N, A).
        answers: (N,) int, the true answers.
        types: (N,) int.
    """
    return {int(kind): rate(scores[types == kind], answers[types == kind]) for kind in np.unique(types)}
