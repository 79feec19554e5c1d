"""The figures of a model on a split, as the commands and notebooks show them."""

from collections.abc import Mapping

import numpy as np

from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.evaluation.metrics import rate, rate_at, rate_by_type

RANKS = (1, 5, 10)


def evaluate(scores: np.ndarray, answers: np.ndarray, types: np.ndarray | None = None) -> dict[str, float]:
    """All figures by name, in the order of `result.txt`.

    Args:
        scores: (N, A), the model's outputs.
        answers: (N,) int, the true answers.
        types: (N,) question types; None leaves the rates by type out.

    Returns:
        `rate`, `rate @ 1`, `rate @ 5`, `rate @ 10`, then the rate of each type that occurs, by its name.
    """
    figures = {"rate": rate(scores, answers)}
    figures |= {f"rate @ {k}": rate_at(scores, answers, k) for k in RANKS}
    if types is not None:
        figures |= {
            QuestionType(kind).name.lower(): value
            for kind, value in rate_by_type(scores, answers, types).items()
        }
    return figures


def result_lines(figures: Mapping[str, float]) -> str:
    """The figures as the lines of `result.txt`."""
    return "".join(f"{name}: {value:.4f}\n" for name, value in figures.items())
