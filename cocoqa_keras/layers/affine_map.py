"""An affine map and an activation, the weights in one matrix."""

from collections.abc import Callable

import keras
import tensorflow as tf

from cocoqa_keras.serialization import serializable


@serializable
class AffineMap(keras.layers.Layer):
    """activation([x_1, x_2, ..., 1] W): several inputs side by side, the bias as the last row of W.

    `keras.layers.Dense` keeps the bias apart; here one matrix holds both, since a stage's norm, clip
    and decay count the bias with the rest, and since weight files store it so.

    Args:
        units: width of the output.
        activation: name of an activation of `keras.activations`.
        use_bias: whether W has a bias row.
        kernel_initializer: initial values of W, the bias row included.

    Call arguments:
        inputs: (..., D), or a list of such tensors with equal leading axes.

    Returns:
        (..., units)

    Reference:
        The 2015 program's `map` stage.
    """

    def __init__(
        self,
        units: int,
        activation: str = "linear",
        use_bias: bool = True,
        kernel_initializer: str | object = "glorot_uniform",
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, inputs_shape: tuple | list) -> None:
        """Makes W, (D + 1, units), or (D, units) without a bias."""
        shapes = _as_list_of_shapes(inputs_shape)
        if len({tuple(shape[:-1]) for shape in shapes}) > 1:
            raise ValueError(f"inputs side by side must be equal but for their last axis, got {shapes}")
        width = sum(shape[-1] for shape in shapes)
        self.kernel = self.add_weight(
            name="kernel", shape=(width + int(self.use_bias), self.units), initializer=self.kernel_initializer
        )

    def call(self, inputs: keras.KerasTensor | list) -> keras.KerasTensor:
        """Maps the inputs."""
        parts = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        leading = tf.shape(parts[0])[:-1]
        rows = [tf.reshape(part, (-1, part.shape[-1])) for part in parts]
        if self.use_bias:
            rows.append(tf.ones((tf.shape(rows[0])[0], 1), rows[0].dtype))
        outputs = _side_by_side(self.kernel.value, *rows)
        if len(parts[0].shape) > 2:
            outputs = tf.reshape(outputs, (*tf.unstack(leading, len(parts[0].shape) - 1), self.units))
        return self.activation(outputs)

    def compute_output_shape(self, inputs_shape: tuple | list) -> tuple[int | None, ...]:
        """(..., units)."""
        return (*_as_list_of_shapes(inputs_shape)[0][:-1], self.units)

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


@tf.custom_gradient
def _side_by_side(kernel: tf.Tensor, *parts: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    """[part, part, ...] kernel, each part (N, D_i).

    The gradient of the kernel, bias row included, is one product. The gradient of each part is another, so
    that one which nobody asks for, such as that of image features, is never computed.
    """
    joined = tf.concat(parts, axis=1) if len(parts) > 1 else parts[0]

    def gradient(d_outputs: tf.Tensor) -> tuple[tf.Tensor, ...]:
        d_parts, start = [], 0
        for part in parts:
            end = start + part.shape[1]
            d_parts.append(tf.matmul(d_outputs, kernel[start:end], transpose_b=True))
            start = end
        return tf.matmul(joined, d_outputs, transpose_a=True), *d_parts

    return joined @ kernel, gradient


def _as_list_of_shapes(shapes: tuple | list) -> list[tuple]:
    return list(shapes) if isinstance(shapes[0], list | tuple) else [shapes]
