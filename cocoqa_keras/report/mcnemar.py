"""Whether two models differ, by the questions that only one of them answers rightly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest


@dataclass(frozen=True)
class Disagreement:
    """The questions that one of two models answers rightly.

    Attributes:
        only_first: how many the first model alone answers rightly.
        only_second: how many the second does.
    """

    only_first: int
    only_second: int

    @classmethod
    def of(cls, first: np.ndarray, second: np.ndarray) -> "Disagreement":
        """That of two models.

        Args:
            first: bool (N,), which questions the first answers rightly.
            second: bool (N,), which of the same questions the second does.
        """
        return cls(int((first & ~second).sum()), int((second & ~first).sum()))

    @property
    def p_value(self) -> float:
        """How likely chance alone makes the two counts differ as much, were the models equally good.

        Reference: McNemar (1947), Note on the sampling error of the difference between correlated
        proportions or percentages, in its exact form: the counts are binomial.
        """
        total = self.only_first + self.only_second
        return float(binomtest(self.only_first, total).pvalue) if total else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values of several tests, corrected for their number.

    Who believes all those differences that have at most 0.05 is wrong about any of them with a chance of at
    most 0.05.

    Reference: Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    order = np.argsort(p_values, kind="stable")
    steps = np.asarray(p_values)[order] * np.arange(len(p_values), 0, -1)
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return corrected.tolist()
