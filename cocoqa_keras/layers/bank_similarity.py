"""The likeness of vectors to those of a bank."""

import keras
from keras import ops

from cocoqa_keras.serialization import serializable


@serializable
class BankSimilarity(keras.layers.Layer):
    """The cosine of each row after the first `bank_size` with each of these.

    A row of zeros has the cosine 0 with every other. (The 2015 program divides by zero there.)

    Args:
        bank_size: B, the number of rows of the bank.

    Call arguments:
        rows: (B + N, D), the bank first.

    Returns:
        (N, B)

    Raises:
        ValueError: the input is no matrix, or has fewer rows than the bank, where their number is known.

    Reference:
        The 2015 program's `cosSimilarity` stage.
    """

    def __init__(self, bank_size: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.bank_size = bank_size

    def build(self, rows_shape: tuple[int | None, ...]) -> None:
        """Checks the shape."""
        if len(rows_shape) != 2:
            raise ValueError(f"expected rows, the {self.bank_size} of the bank first, got {rows_shape}")

    def call(self, rows: keras.KerasTensor) -> keras.KerasTensor:
        """Compares the rows with the bank."""
        count = rows.shape[0]
        if count is not None and count < self.bank_size:
            raise ValueError(f"{count} rows are fewer than the {self.bank_size} of the bank")
        square = ops.sum(ops.square(rows), axis=-1, keepdims=True)
        # The root of zero has no finite gradient, so a row of zeros is divided by one.
        directions = rows / ops.sqrt(ops.where(square > 0, square, 1))
        # The shape, which is known, is not what a slice has where the number of rows is free.
        bank = ops.reshape(directions[: self.bank_size], (self.bank_size, rows.shape[-1]))
        return ops.matmul(directions[self.bank_size :], ops.transpose(bank))

    def compute_output_shape(self, rows_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(N, B)."""
        count = None if rows_shape[0] is None else rows_shape[0] - self.bank_size
        return (count, self.bank_size)

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {**super().get_config(), "bank_size": self.bank_size}
