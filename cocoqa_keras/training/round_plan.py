"""What a round of training is there for."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class RoundPlan:
    """What a round is there for.

    Attributes:
        kind: the first of two, the second, or the only one there is.
        stop_score: where to end, or None.
        is_last: whether no round comes after it.
        first_round: name of the run folder of the first, for the second.
    """

    kind: Literal["first", "second", "only"]
    stop_score: float | None = None
    is_last: bool = True
    first_round: str | None = None
