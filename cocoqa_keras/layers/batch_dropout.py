"""Dropout with one mask for the whole batch."""

from threading import Lock

import keras
import numpy as np
import tensorflow as tf

from cocoqa_keras.serialization import serializable


@serializable
class BatchDropout(keras.layers.Layer):
    """Drops columns of the last axis, the same ones for all examples and steps of a batch.

    In training the input is multiplied by a 0/1 mask, `uniform(0, 1, D) > rate`, drawn anew for each
    batch from `numpy.random.RandomState(seed)` and not rescaled; otherwise by 1 - rate. Because the mask
    is shared, a padded step stays all zero and a real one does not become so by chance.

    The only state is the number of masks drawn so far, a weight of the layer: which mask comes next
    follows from it and the seed, so that a model restored from a checkpoint goes on with the right one.

    Args:
        rate: probability of dropping a column.
        seed: seed of the masks.

    Call arguments:
        inputs: (..., D)

    Returns:
        (..., D)

    Reference:
        The 2015 program's `dropout` stage and its random streams.
    """

    def __init__(self, rate: float, seed: int = 0, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        # The mask comes from numpy, which XLA cannot compile.
        self.supports_jit = False
        self._stream = _MaskStream(rate, seed)

    def build(self, inputs_shape: tuple[int | None, ...]) -> None:
        """Makes the counter of masks."""
        self._width = inputs_shape[-1]
        self.masks_drawn = self.add_weight(
            name="masks_drawn",
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )

    def call(self, inputs: keras.KerasTensor, training: bool | None = None) -> keras.KerasTensor:
        """Drops columns in training, scales by 1 - rate otherwise."""
        if not training or self.rate == 0:
            return inputs * (1 - self.rate)
        mask = tf.numpy_function(
            lambda drawn: self._stream.mask(int(drawn), self._width), [self.masks_drawn.value], tf.bool
        )
        mask.set_shape((self._width,))
        self.masks_drawn.assign_add(1)
        return inputs * tf.cast(mask, inputs.dtype)

    def compute_output_shape(self, inputs_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of the input."""
        return inputs_shape

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


class _MaskStream:
    """Mask k of a seed's stream, kept for whoever asks once more, as every replica of a model does."""

    def __init__(self, rate: float, seed: int) -> None:
        self._rate = rate
        self._seed = seed
        self._lock = Lock()
        self._index = None
        self._mask = None
        self._random = None

    def mask(self, index: int, width: int) -> np.ndarray:
        """Mask number `index` (from 0), (width,) bool."""
        with self._lock:
            if index != self._index:
                self._mask = self._draw(index, width)
                self._index = index
            return self._mask

    def _draw(self, index: int, width: int) -> np.ndarray:
        if self._index is None or index != self._index + 1:
            self._random = np.random.RandomState(self._seed)
            for _ in range(index):
                self._random.random_sample(width)
        return self._random.uniform(0, 1, width) > self._rate
