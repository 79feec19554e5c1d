"""Builders of stages whose value is the same for all examples."""

from cocoqa_keras import layers
from cocoqa_keras.models.builders.base import Context, builds, finish, initializer, join
from cocoqa_keras.models.flow import Flow
from cocoqa_keras.spec import stages


@builds(stages.TrainedMatrix)
def _trained_matrix(stage: stages.TrainedMatrix, flows: list[Flow], context: Context) -> Flow:
    layer = layers.TrainedMatrix(stage.output_dim, stage.input_dim, initializer(stage), name=stage.name)
    matrix = layer(join(flows).tensor)
    finish(layer, stage, context)
    return Flow(matrix)


@builds(stages.ConstantValue)
def _constant_value(stage: stages.ConstantValue, flows: list[Flow], context: Context) -> Flow:
    values = join(flows)
    layer = layers.ConstantValue(stage.value, stage.output_dim, name=stage.name)
    return Flow(layer(values.tensor), like=values.like)
