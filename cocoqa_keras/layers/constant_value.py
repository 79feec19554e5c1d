"""The same number everywhere."""

import keras
from keras import ops

from cocoqa_keras.serialization import serializable


@serializable
class ConstantValue(keras.layers.Layer):
    """A row of one number for each example.

    Args:
        value: the number.
        units: D, how many of it an example gets.

    Call arguments:
        inputs: (N, ...); only N matters.

    Returns:
        (N, D)

    Reference:
        The 2015 program's `constValue` stage.
    """

    def __init__(self, value: float, units: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.value = value
        self.units = units

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Repeats the value."""
        return ops.full((ops.shape(inputs)[0], self.units), self.value, dtype=self.compute_dtype)

    def compute_output_shape(self, inputs_shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        """(N, D)."""
        return (inputs_shape[0], self.units)

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {**super().get_config(), "value": self.value, "units": self.units}
