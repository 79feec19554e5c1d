"""A convolution over time, the weights in one matrix."""

import keras
from keras import ops

from cocoqa_keras.serialization import serializable


@serializable
class MatrixConvolution(keras.layers.Layer):
    """Each window of consecutive steps, side by side, times W: stride 1, no padding, no bias.

    `keras.layers.Conv1D` computes the same with weights (window, D, filters); here they are one matrix, as
    weight files store them.

    Args:
        filters: width of the output.
        window_size: steps in a window.
        kernel_initializer: initial values of W.

    Call arguments:
        sequences: (N, T, D), T at least `window_size`.

    Returns:
        (N, T - window_size + 1, filters)

    Raises:
        ValueError: T is known and smaller than `window_size`.

    Reference:
        The 2015 program's `conv1d` stage.
    """

    def __init__(
        self,
        filters: int,
        window_size: int,
        kernel_initializer: str | object = "glorot_uniform",
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.input_spec = keras.layers.InputSpec(ndim=3)
        self.filters = filters
        self.window_size = window_size
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, sequences_shape: tuple[int | None, ...]) -> None:
        """Makes W, (window_size D, filters), the rows of a window's first step first."""
        self.compute_output_shape(sequences_shape)  # refuses sequences that are too short
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.window_size * sequences_shape[-1], self.filters),
            initializer=self.kernel_initializer,
        )

    def call(self, sequences: keras.KerasTensor) -> keras.KerasTensor:
        """Convolves the sequences."""
        kernel = ops.reshape(self.kernel, (self.window_size, -1, self.filters))
        return ops.conv(sequences, kernel, padding="valid", data_format="channels_last")

    def compute_output_shape(self, sequences_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(N, T - window_size + 1, filters)."""
        count, timespan, _ = sequences_shape
        if timespan is not None and timespan < self.window_size:
            raise ValueError(f"a window of {self.window_size} steps needs longer sequences than {timespan}")
        return (count, None if timespan is None else timespan - self.window_size + 1, self.filters)

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "window_size": self.window_size,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
