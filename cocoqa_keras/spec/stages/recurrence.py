"""Stages that pass through time."""

from pydantic import AliasChoices, Field, model_validator

from cocoqa_keras.spec.schema import Size
from cocoqa_keras.spec.stages.base import TrainableStage, stage_type


@stage_type("lstm")
class Lstm(TrainableStage):
    """The LSTM with full-matrix peepholes.

    Attributes:
        timespan: steps of a sequence; it decides where `multi_input` is false, sequences bring their own.
        multi_output: the hidden state of every step, instead of the last one.
        cut_off_zero_end: whether an all-zero step ends a sequence.
        multi_input: false: the input is the first step, the others are zero and none of them ends it.
    """

    input_dim: Size
    output_dim: Size
    timespan: Size
    multi_output: bool = Field(
        False, alias="multiOutput", validation_alias=AliasChoices("multiOutput", "multiErr")
    )
    cut_off_zero_end: bool = True
    multi_input: bool = True

    @model_validator(mode="after")
    def _starts_at_zero(self) -> "Lstm":
        if self.default_value:
            raise ValueError("the hidden state of an lstm starts at 0: leave defaultValue out")
        return self


@stage_type("lstm_old")
class OldLstm(TrainableStage):
    """The same LSTM with all its weights in one matrix.

    Attributes:
        multi_output: the hidden state of every step and, where sequences are cut off, the last real one
            again; instead of the last one alone.
        cut_off_zero_end: whether an all-zero step ends a sequence.
    """

    input_dim: Size
    output_dim: Size
    cut_off_zero_end: bool
    multi_output: bool = Field(alias="multiErr", validation_alias=AliasChoices("multiErr", "multiOutput"))
