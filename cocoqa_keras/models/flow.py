"""What the stages of a model hand on to each other."""

from dataclasses import dataclass, replace

import keras

from cocoqa_keras.layers import TakeRows

Tensor = keras.KerasTensor


@dataclass(frozen=True)
class Flow:
    """The value of a stage.

    The steps of a batch's questions repeat: a word occurs many times, and its vector is the same each time.
    So a stage may hand on the distinct rows and the position of each step among them.

    Attributes:
        tensor: the value, or its distinct rows (U, D).
        positions: with it, the value is `tensor[positions]`, int32 (N T,) or (N, T).
        like: where the value is the unfolded steps of sequences of free length, a tensor (N, T, ...) of that
            N and T.
    """

    tensor: Tensor
    positions: Tensor | None = None
    like: Tensor | None = None

    @property
    def has_distinct_steps(self) -> bool:
        """Whether this is sequences (N, T, D) by their distinct steps."""
        return self.positions is not None and len(self.positions.shape) == 2

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape of the whole value, of its distinct rows or not."""
        if self.positions is None:
            return tuple(self.tensor.shape)
        return (*self.positions.shape, *self.tensor.shape[1:])

    def then(self, tensor: Tensor) -> "Flow":
        """The same rows with other values."""
        return replace(self, tensor=tensor)

    def expanded(self) -> "Flow":
        """The value as one tensor."""
        if self.positions is None:
            return self
        return Flow(TakeRows()(self.tensor, self.positions), like=self.like)
