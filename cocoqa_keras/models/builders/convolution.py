"""Builders of stages that compute on windows of sequences."""

from cocoqa_keras import layers
from cocoqa_keras.models.builders.base import Context, builds, finish, initializer, join
from cocoqa_keras.models.flow import Flow
from cocoqa_keras.spec import stages


@builds(stages.Conv1d)
def _conv1d(stage: stages.Conv1d, flows: list[Flow], context: Context) -> Flow:
    sequences = join(flows).tensor
    if sequences.shape[-1] != stage.num_channels:
        raise ValueError(f"numChannels is {stage.num_channels}")
    layer = layers.MatrixConvolution(
        stage.num_filters, stage.window_size, initializer(stage), name=stage.name
    )
    values = layer(sequences)
    finish(layer, stage, context)
    return Flow(values)


@builds(stages.MaxPool1d)
def _max_pool1d(stage: stages.MaxPool1d, flows: list[Flow], context: Context) -> Flow:
    return Flow(layers.PartMaxPooling(stage.window_size, name=stage.name)(join(flows).tensor))


@builds(stages.MeanPool1d)
def _mean_pool1d(stage: stages.MeanPool1d, flows: list[Flow], context: Context) -> Flow:
    return Flow(layers.PartMeanPooling(stage.window_size, name=stage.name)(join(flows).tensor))
