"""Stages whose value is the same for all examples."""

from cocoqa_keras.spec.schema import Number, Size
from cocoqa_keras.spec.stages.base import Stage, TrainableStage, stage_type


@stage_type("constWeights")
class TrainedMatrix(TrainableStage):
    """W, (outputDim, inputDim), whatever the input."""

    input_dim: Size
    output_dim: Size


@stage_type("constValue")
class ConstantValue(Stage):
    """One number, (N, outputDim)."""

    output_dim: Size
    value: Number
