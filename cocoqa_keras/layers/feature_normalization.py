"""Features brought to mean zero and deviation one, column by column."""

import keras
import numpy as np

from cocoqa_keras.serialization import serializable


@serializable
class FeatureNormalization(keras.layers.Layer):
    """(x - mean) / std.

    A column whose deviation is zero is the same in all images, so it is only centred. (The 2015 program
    divides by zero there.)

    Call arguments:
        inputs: (..., D)

    Returns:
        (..., D)

    Reference:
        The 2015 program's `normalize` stage.
    """

    def build(self, inputs_shape: tuple[int | None, ...]) -> None:
        """Makes mean and std, (D,) each, which `set_statistics` fills."""
        width = (inputs_shape[-1],)
        self.mean = self.add_weight(name="mean", shape=width, initializer="zeros", trainable=False)
        self.std = self.add_weight(name="std", shape=width, initializer="ones", trainable=False)

    def set_statistics(self, mean: np.ndarray, std: np.ndarray) -> None:
        """Takes mean and deviation of each column, (D,) each."""
        self.mean.assign(mean)
        self.std.assign(np.where(std == 0, 1, std))

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Normalizes the inputs."""
        return (inputs - self.mean) / self.std

    def compute_output_shape(self, inputs_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of the input."""
        return inputs_shape
