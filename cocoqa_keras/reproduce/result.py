"""What a row of the table comes to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RowResult:
    """A row of the table, made with one seed.

    Attributes:
        figures: as in `result.txt`: rate, rate of each question type, WUPS.
        interval: 95 % interval of the rate, by bootstrap.
        epochs: of the rounds of its models, in order; empty where nothing is trained.
        seconds: that training its models took.
    """

    figures: dict[str, float]
    interval: tuple[float, float]
    epochs: tuple[int, ...]
    seconds: float
