"""Stages that pass through time."""

from pydantic import AliasChoices, Field

from cocoqa_keras.spec.schema import Size
from cocoqa_keras.spec.stages.base import TrainableStage, stage_type


@stage_type("lstm")
class Lstm(TrainableStage):
    """The LSTM with full-matrix peepholes."""

    input_dim: Size
    output_dim: Size
    timespan: Size
    multi_output: bool = Field(
        False, alias="multiOutput", validation_alias=AliasChoices("multiOutput", "multiErr")
    )
    cut_off_zero_end: bool = True
    multi_input: bool = True
