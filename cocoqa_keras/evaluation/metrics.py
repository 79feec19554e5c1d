"""Figures of merit, as pure functions on arrays."""

import numpy as np

TOP_K = 5  # best answers that are listed, unless another number is asked for


def ranks(scores: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """How many answers come before the true one, int (N,): 0 where it is the best.

    Equal scores rank by their position, as in a stable sort. A score that is not a number is no score: an
    answer with one ranks after all others where it is true, and before where it is not.

    Args:
        scores: (N, A), the higher the better.
        answers: (N,) int, the true answers.
    """
    true_scores = np.take_along_axis(scores, answers[:, None], axis=1)
    better = np.count_nonzero(~(scores <= true_scores), axis=1)
    is_before = np.arange(scores.shape[1]) < answers[:, None]
    return better + np.count_nonzero((scores == true_scores) & is_before, axis=1)


def rate(scores: np.ndarray, answers: np.ndarray) -> float:
    """Share of questions whose best answer is the true one; of equal ones the first counts.

    Args:
        scores: (N, A), the higher the better.
        answers: (N,) int, the true answers.
    """
    return rate_at(scores, answers, 1)


def rate_at(scores: np.ndarray, answers: np.ndarray, k: int) -> float:
    """Share of questions whose true answer is among the k best.

    Args:
        scores: (N, A), the higher the better; equal ones rank by their position.
        answers: (N,) int, the true answers.
        k: how many answers count.
    """
    return float(np.mean(ranks(scores, answers) < k))


def best_answers(scores: np.ndarray, k: int) -> np.ndarray:
    """The k best answers, best first, int (N, min(k, A)); equal ones in order of their ids.

    Args:
        scores: (N, A), the higher the better.
        k: how many.
    """
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def confusion(predicted: np.ndarray, answers: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """How often which answer is given, for the most frequent true answers.

    Args:
        predicted: (N,) int, the answers given.
        answers: (N,) int, the true answers.
        most: how many answers to look at.

    Returns:
        the F <= `most` most frequent true answers, the most frequent first and equally frequent ones in order
        of their ids, int (F,); and counts, int (F, F + 1): of the questions with the true answer of the row,
        how many are given the answer of the column, in the last column any answer outside of the list.
    """
    ids, counts = np.unique(answers, return_counts=True)
    frequent = ids[np.argsort(-counts, kind="stable")][:most]
    position = np.full(1 + max(answers.max(), predicted.max()), len(frequent))
    position[frequent] = np.arange(len(frequent))
    table = np.zeros((len(frequent) + 1, len(frequent) + 1), np.int64)
    np.add.at(table, (position[answers], position[predicted]), 1)
    return frequent, table[:-1]
