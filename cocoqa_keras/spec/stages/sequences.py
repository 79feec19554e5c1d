"""Stages that cut, order, join and add the steps of sequences."""

from pydantic import model_validator

from cocoqa_keras.spec.schema import Count, Integer, Size
from cocoqa_keras.spec.stages.base import Stage, stage_type


@stage_type("selector")
class Selector(Stage):
    """A slice of the input along an axis."""

    start: Count
    end: Size
    axis: Integer = -1

    @model_validator(mode="after")
    def _is_not_empty(self) -> "Selector":
        if self.end <= self.start:
            raise ValueError(f"end ({self.end}) must lie after start ({self.start})")
        return self


@stage_type("timeUnfold")
class TimeUnfold(Stage):
    """(N, T, D) -> (N T, D)."""


@stage_type("timeFold")
class TimeFold(Stage):
    """(N T, D) -> (N, T, D)."""

    timespan: Size


@stage_type("timeReverse")
class TimeReverse(Stage):
    """Reverses the real part of each sequence; the padding stays at the end."""


@stage_type("concat")
class Concat(Stage):
    """Joins its inputs along an axis."""

    axis: Integer


@stage_type("sum2")
class SumOverTime(Stage):
    """Adds over axis 1, the words of a question."""
