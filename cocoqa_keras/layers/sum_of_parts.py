"""Equal parts of the last axis, added."""

import keras
from keras import ops

from cocoqa_keras.serialization import serializable


@serializable
class SumOfParts(keras.layers.Layer):
    """(..., C D) -> (..., D): the last axis cut into C equal parts, and these added.

    Args:
        count: C, the number of parts.

    Call arguments:
        inputs: (..., C D)

    Returns:
        (..., D)

    Raises:
        ValueError: the last axis has no C equal parts.

    Reference:
        The 2015 program's `sum` stage.
    """

    def __init__(self, count: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.count = count

    def build(self, inputs_shape: tuple[int | None, ...]) -> None:
        """Checks the width."""
        if inputs_shape[-1] % self.count:
            raise ValueError(f"a width of {inputs_shape[-1]} has no {self.count} equal parts")

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Adds the parts."""
        return sum(ops.split(inputs, self.count, axis=-1))

    def compute_output_shape(self, inputs_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(..., D)."""
        return (*inputs_shape[:-1], inputs_shape[-1] // self.count)

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {**super().get_config(), "count": self.count}
