"""Stages that compute on windows of sequences."""

from cocoqa_keras.spec.schema import Size
from cocoqa_keras.spec.stages.base import Stage, TrainableStage, stage_type


@stage_type("conv1d")
class Conv1d(TrainableStage):
    """A convolution over time, of the windows that lie wholly within the sequence."""

    num_channels: Size
    num_filters: Size
    window_size: Size


@stage_type("maxpool1d")
class MaxPool1d(Stage):
    """The maximum of steps t + k T / windowSize; zeros fill T up to a multiple of windowSize."""

    window_size: Size


@stage_type("meanpool1d")
class MeanPool1d(Stage):
    """The mean of steps t + k T / windowSize."""

    window_size: Size
