"""A matrix that is trained, such as a bank of vectors to compare with."""

import keras
import tensorflow as tf

from cocoqa_keras.serialization import serializable


@serializable
class TrainedMatrix(keras.layers.Layer):
    """W, whatever the input.

    Args:
        rows: number of rows.
        width: number of columns.
        kernel_initializer: initial values of W.

    Call arguments:
        inputs: any; none of it is looked at.

    Returns:
        (rows, width): unlike that of other layers, the first axis does not go with the batch.

    Reference:
        The 2015 program's `constWeights` stage.
    """

    def __init__(
        self, rows: int, width: int, kernel_initializer: str | object = "glorot_uniform", **kwargs: object
    ) -> None:
        super().__init__(**kwargs)
        self.rows = rows
        self.width = width
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, inputs_shape: tuple[int | None, ...]) -> None:
        """Makes W, (rows, width)."""
        self.kernel = self.add_weight(
            name="kernel", shape=(self.rows, self.width), initializer=self.kernel_initializer
        )

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """The matrix."""
        return tf.convert_to_tensor(self.kernel.value)

    def compute_output_shape(self, inputs_shape: tuple[int | None, ...]) -> tuple[int, int]:
        """(rows, width)."""
        return (self.rows, self.width)

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {
            **super().get_config(),
            "rows": self.rows,
            "width": self.width,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
