"""Weighted sums, such as that of image regions or words by an attention over them."""

import keras
from keras import ops

from cocoqa_keras.serialization import serializable


@serializable
class SumOfProducts(keras.layers.Layer):
    """scale * sum(weights * values, axis), or gate * sum(weights * values, axis).

    An axis of length one in one factor goes with any length in the other.

    Args:
        axis: the axis that is summed over.
        scale: factor of the sum, where there is no gate.

    Call arguments:
        weights: such as (N, T, 1).
        values: such as (N, T, D).
        gate: such as (N, 1) or (N, D); the sum is multiplied by it, and not by the scale.

    Returns:
        such as (N, D)

    Raises:
        ValueError: shapes that cannot be multiplied, or an axis that they lack.

    Reference:
        The 2015 program's `sumProd` stage.
    """

    def __init__(self, axis: int, scale: float = 1.0, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.scale = scale

    def build(
        self,
        weights_shape: tuple[int | None, ...],
        values_shape: tuple[int | None, ...],
        gate_shape: tuple[int | None, ...] | None = None,
    ) -> None:
        """Checks the shapes."""
        self.compute_output_shape(weights_shape, values_shape, gate_shape)

    def call(
        self, weights: keras.KerasTensor, values: keras.KerasTensor, gate: keras.KerasTensor | None = None
    ) -> keras.KerasTensor:
        """Multiplies and adds."""
        total = ops.sum(weights * values, axis=self.axis)
        return total * (self.scale if gate is None else gate)

    def compute_output_shape(
        self,
        weights_shape: tuple[int | None, ...],
        values_shape: tuple[int | None, ...],
        gate_shape: tuple[int | None, ...] | None = None,
    ) -> tuple[int | None, ...]:
        """The shape of the products without the axis, as the gate stretches it."""
        products = list(_product_shape(weights_shape, values_shape))
        if not -len(products) <= self.axis < len(products):
            raise ValueError(f"there is no axis {self.axis} in products of shape {tuple(products)}")
        del products[self.axis]
        return tuple(products) if gate_shape is None else _product_shape(tuple(products), gate_shape)

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {**super().get_config(), "axis": self.axis, "scale": self.scale}


def _product_shape(
    first_shape: tuple[int | None, ...], second_shape: tuple[int | None, ...]
) -> tuple[int | None, ...]:
    return keras.layers.Multiply().compute_output_shape([first_shape, second_shape])
