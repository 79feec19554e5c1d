"""Stages that are made of other stages."""

import re
from dataclasses import dataclass

from pydantic import AliasChoices, Field

from cocoqa_keras.spec.schema import Names, Size
from cocoqa_keras.spec.stages.base import Stage, stage_type

_REFERENCE = re.compile(r"(?P<stage>[^()\s]+)\((?P<is_absolute>\$?)(?P<step>-?[0-9]{1,9})\)")


@dataclass(frozen=True)
class Reference:
    """A value that a stage inside a `recurrent` reads: `name(0)`, `name(-1)` or `name($3)`.

    Attributes:
        stage: whose value; `input` is the input of the whole graph.
        step: 0 for the present step, -1 for the one before, and so on; or the number of a step, from 0.
        is_absolute: whether `step` is a number.
    """

    stage: str
    step: int
    is_absolute: bool = False

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Reads a reference as a model file writes it.

        Raises:
            ValueError: it is none, or means a step to come or a number below 0.
        """
        match = _REFERENCE.fullmatch(text)
        if match is None:
            raise ValueError("write name(0), name(-1) for the step before, or name($3) for step number 3")
        reference = cls(match["stage"], int(match["step"]), bool(match["is_absolute"]))
        if reference.is_absolute and reference.step < 0:
            raise ValueError("steps are numbered from 0")
        if not reference.is_absolute and reference.step > 0:
            raise ValueError("that step is still to come")
        return reference

    @property
    def is_present(self) -> bool:
        """Whether it is a value of the present step, whichever that is."""
        return self.step == 0 and not self.is_absolute


class Graph(Stage):
    """A stage made of the stages it names, which are described beside it."""

    stages: Names = Field(min_length=1)


@stage_type("sequential")
class Sequential(Graph):
    """A chain: the first stage reads the inputs, each other one the stage before it."""


@stage_type("recurrent")
class Recurrent(Graph):
    """A graph of stages computed at every step of a sequence, each with the same weights at all steps."""

    input_dim: Size
    output_dim: Size
    timespan: Size
    outputs: Names = Field(min_length=1)
    multi_output: bool = Field(
        False, alias="multiOutput", validation_alias=AliasChoices("multiOutput", "multiErr")
    )
    cut_off_zero_end: bool = True
    multi_input: bool = True
