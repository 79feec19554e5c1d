"""An affine map and an activation, the weights in one matrix."""

import keras
from keras import ops

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
        width = sum(shape[-1] for shape in _as_list_of_shapes(inputs_shape))
        self.kernel = self.add_weight(
            name="kernel", shape=(width + int(self.use_bias), self.units), initializer=self.kernel_initializer
        )

    def call(self, inputs: keras.KerasTensor | list) -> keras.KerasTensor:
        """Maps the inputs."""
        parts = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        if self.use_bias:
            # The ones cost a small copy and give the whole gradient of W, bias row included, as one product.
            parts.append(ops.ones_like(parts[0][..., :1]))
        joined = ops.concatenate(parts, axis=-1) if len(parts) > 1 else parts[0]
        return self.activation(ops.matmul(joined, self.kernel))

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


def _as_list_of_shapes(shapes: tuple | list) -> list[tuple]:
    return list(shapes) if isinstance(shapes[0], list | tuple) else [shapes]
