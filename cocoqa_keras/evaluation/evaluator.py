"""The figures of a model on a split, as the commands and notebooks show them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.bootstrap import mean_interval
from cocoqa_keras.evaluation.metrics import ranks
from cocoqa_keras.evaluation.wups import similarity_matrix, wups_values

RANKS = (1, 5, 10)
THRESHOLDS = (1.0, 0.9, 0.0)  # of WUPS

Outcomes = dict[str, np.ndarray]


def evaluate(
    scores: np.ndarray,
    answers: np.ndarray,
    types: np.ndarray | None = None,
    similarity: np.ndarray | None = None,
) -> dict[str, float]:
    """All figures by name, in the order of `result.txt`.

    Args:
        scores: (N, A), the model's outputs.
        answers: (N,) int, the true answers.
        types: (N,) question types; None leaves the rates by type out.
        similarity: (A, A), how alike two answers are, of `similarity_matrix`; None leaves WUPS out.

    Returns:
        `rate`, `rate @ 1`, `rate @ 5`, `rate @ 10`, then the rate of each type that occurs, by its name, then
        `WUPS 1.0`, `WUPS 0.9`, `WUPS 0.0`.
    """
    return means(outcomes(scores, answers, types, similarity))


def outcomes(
    scores: np.ndarray,
    answers: np.ndarray,
    types: np.ndarray | None = None,
    similarity: np.ndarray | None = None,
) -> Outcomes:
    """For each figure of `evaluate` the values, question by question, that it is the mean of.

    From these come the figures (`means`), how sure they are (`intervals`), and how two models differ on the
    same questions (`differences`).

    Args:
        scores: (N, A), the model's outputs.
        answers: (N,) int, the true answers.
        types: (N,) question types; None leaves the rates by type out.
        similarity: (A, A), of `similarity_matrix`; None leaves WUPS out.

    Returns:
        by the name of the figure, an array with a value for each question, or each of the type.
    """
    rank = ranks(scores, answers)
    result = {"rate": rank < 1} | {f"rate @ {k}": rank < k for k in RANKS}
    if types is not None:
        result |= {QuestionType(kind).name.lower(): rank[types == kind] < 1 for kind in np.unique(types)}
    if similarity is not None:
        predicted = scores.argmax(axis=1)
        result |= {
            f"WUPS {threshold}": wups_values(similarity, predicted, answers, threshold)
            for threshold in THRESHOLDS
        }
    return result


def means(outcomes: Outcomes) -> dict[str, float]:
    """The figures of the outcomes."""
    return {name: float(values.mean()) for name, values in outcomes.items()}


def intervals(outcomes: Outcomes) -> dict[str, tuple[float, float]]:
    """The 95 % interval of each figure, by bootstrap over the questions."""
    return {name: mean_interval(values) for name, values in outcomes.items()}


def differences(outcomes: Outcomes, others: Outcomes) -> Outcomes:
    """By how much each outcome is above another model's, on the same questions."""
    return {name: values.astype(float) - others[name] for name, values in outcomes.items() if name in others}


def find_similarity(
    answers: Sequence[str], report: Callable[[str], None], wordnet: Path | None = None
) -> np.ndarray | None:
    """The similarities that WUPS needs, or None where they cannot be had.

    Args:
        answers: A answers in words.
        report: takes the line that says why there are none, and what to do.
        wordnet: the folder of the WordNet database; by default it is looked for.

    Returns:
        (A, A) float64, or None.

    Raises:
        InputError: the folder is given, and is not that of WordNet.
    """
    try:
        return similarity_matrix(answers, wordnet)
    except InputError as error:
        if wordnet is not None:
            raise
        report(f"WUPS is left out: {error}")
        return None


def result_lines(figures: Mapping[str, float]) -> str:
    """The figures as the lines of `result.txt`."""
    return "".join(f"{name}: {value:.4f}\n" for name, value in figures.items())
