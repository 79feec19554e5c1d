"""A slice along one axis."""

import keras

from cocoqa_keras.serialization import serializable


@serializable
class Selector(keras.layers.Layer):
    """Elements start ... end - 1 of an axis.

    Args:
        start: first element.
        end: element after the last.
        axis: the axis, counted from the end where negative.

    Reference:
        The 2015 program's `selector` stage.
    """

    def __init__(self, start: int, end: int, axis: int = -1, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.start = start
        self.end = end
        self.axis = axis

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Slices the input."""
        slices = [slice(None)] * len(inputs.shape)
        slices[self.axis] = slice(self.start, self.end)
        return inputs[tuple(slices)]

    def compute_output_shape(self, inputs_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of the input, cut along the axis."""
        shape = list(inputs_shape)
        size = shape[self.axis]
        shape[self.axis] = None if size is None else len(range(size)[self.start : self.end])
        return tuple(shape)

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {**super().get_config(), "start": self.start, "end": self.end, "axis": self.axis}
