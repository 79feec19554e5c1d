"""Stages with a matrix of weights."""

from typing import Literal

from pydantic import Field

from cocoqa_keras.spec.schema import Number, Size
from cocoqa_keras.spec.stages.base import Activation, TrainableStage, stage_type


@stage_type("lut")
class LookupTable(TrainableStage):
    """Row id - 1 of a table for each id, a zero row for id 0."""

    input_dim: Size
    output_dim: Size
    int_conversion: bool = False
    lazy_init: bool = False
    propagates_gradient: bool = Field(False, alias="outputdEdX")


@stage_type("map")
class Map(TrainableStage):
    """An affine map and an activation."""

    output_dim: Size
    active_fn: Activation
    bias: bool = True
    bias_init_const: Number = -1.0
    init_type: Literal["zeroMean", "positive"] = "zeroMean"


@stage_type("ordinal")
class Ordinal(TrainableStage):
    """Ordinal regression on one number; its initial weights are not drawn."""

    output_dim: Size
    fix_extreme: bool = True
