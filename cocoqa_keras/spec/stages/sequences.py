"""Stages that cut, order, join and add the steps of sequences."""

from pydantic import field_validator, model_validator

from cocoqa_keras.shape_expression import ShapeExpression
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


@stage_type("timeFinal")
class TimeFinal(Stage):
    """The last real step of each sequence."""


@stage_type("timeRepeat")
class TimeRepeat(Stage):
    """(N, D) or (N, 1, D) -> (N, numRepeats, D)."""

    num_repeats: Size


@stage_type("reshape")
class Reshape(Stage):
    """The same elements in a shape that is written in the sizes `x` of the input's axes."""

    reshape_fn: str

    @field_validator("reshape_fn")
    @classmethod
    def _can_be_read(cls, text: str) -> str:
        ShapeExpression(text)
        return text


@stage_type("concat")
class Concat(Stage):
    """Joins its inputs along an axis."""

    axis: Integer


@stage_type("sum2")
class SumOverTime(Stage):
    """Adds over axis 1, the words of a question."""
