"""How many questions are answered rightly, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cocoqa_keras.evaluation.bootstrap import mean_interval
from cocoqa_keras.report.answers import ALL, TYPES, AnsweredQuestion


@dataclass(frozen=True)
class Rate:
    """The share of right answers.

    Attributes:
        count: how many questions there are.
        right: how many of them are answered rightly.
        interval: the 95 % interval of the share, by bootstrap over the questions.
    """

    count: int
    right: int
    interval: tuple[float, float]

    @property
    def value(self) -> float:
        """The share."""
        return self.right / self.count


def rates(questions: Sequence[AnsweredQuestion]) -> dict[str, Rate]:
    """The rate of all questions, by the name `ALL`, and of each type that occurs."""
    is_right = np.array([question.is_right for question in questions])
    types = np.array([question.type for question in questions])
    by_type = {kind: is_right[types == kind] for kind in TYPES if kind in types}
    return {
        name: Rate(len(values), int(values.sum()), mean_interval(values))
        for name, values in {ALL: is_right, **by_type}.items()
    }
