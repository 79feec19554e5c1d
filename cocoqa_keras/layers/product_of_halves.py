"""The halves of the last axis, multiplied."""

import keras
from keras import ops

from cocoqa_keras.serialization import serializable


@serializable
class ProductOfHalves(keras.layers.Layer):
    """(..., 2 D) -> (..., D): the first half of the last axis times the second, number by number.

    Call arguments:
        inputs: (..., 2 D)

    Returns:
        (..., D)

    Raises:
        ValueError: the last axis has no two equal halves.

    Reference:
        The 2015 program's `elemProd` and `componentProd` stages.
    """

    def build(self, inputs_shape: tuple[int | None, ...]) -> None:
        """Checks the width."""
        if inputs_shape[-1] % 2:
            raise ValueError(f"a width of {inputs_shape[-1]} has no two equal halves")

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Multiplies the halves."""
        first, second = ops.split(inputs, 2, axis=-1)
        return first * second

    def compute_output_shape(self, inputs_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(..., D)."""
        return (*inputs_shape[:-1], inputs_shape[-1] // 2)
