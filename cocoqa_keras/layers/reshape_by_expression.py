"""Another shape for the same elements."""

import keras
import tensorflow as tf

from cocoqa_keras.serialization import serializable
from cocoqa_keras.shape_expression import ShapeExpression


@serializable
class ReshapeByExpression(keras.layers.Layer):
    """The input in a shape that is written in the sizes of its own, the batch axis among them.

    `keras.layers.Reshape` keeps the batch axis and takes numbers only.

    Args:
        expression: the shape in terms of the input's shape `x`, such as `(x[0], x[1] * x[2])`: see
            `ShapeExpression`.

    Call arguments:
        inputs: any shape that the expression can take.

    Returns:
        the elements of `inputs` in the same order.

    Raises:
        ValueError: the expression cannot be read, or does not fit the input.

    Reference:
        The 2015 program's `reshape` stage.
    """

    def __init__(self, expression: str, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.expression = ShapeExpression(expression)

    def build(self, inputs_shape: tuple[int | None, ...]) -> None:
        """Refuses an input that the expression does not fit."""
        self.expression.shape(inputs_shape)

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Reshapes the input."""
        in_batch = tf.shape(inputs)
        sizes = [in_batch[axis] if size is None else size for axis, size in enumerate(inputs.shape)]
        known = self.expression.shape(inputs.shape)
        given = self.expression.given(sizes)
        # What is known of -1 is used, since an empty batch leaves it open.
        return tf.reshape(inputs, [g if k is None else k for k, g in zip(known, given, strict=True)])

    def compute_output_shape(self, inputs_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape that the expression gives, as far as it is known."""
        return self.expression.shape(inputs_shape)

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {**super().get_config(), "expression": self.expression.text}
