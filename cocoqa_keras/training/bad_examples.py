"""Examples that no model can be trained on, because a number of theirs is not finite."""

import numpy as np
import tensorflow as tf

from cocoqa_keras.data.pipeline import Batch, BatchReader
from cocoqa_keras.training.diagnosis import is_finite
from cocoqa_keras.training.weighted_split import example_weights_of

BLOCK_ROWS = 1000


def find_bad_example(batch: Batch, reader: BatchReader, dtype: str) -> tuple[str, str] | None:
    """Finds out whether the data are to blame for a batch that a model came to grief on.

    Args:
        batch: inputs, answers, and weights of the examples if there are any.
        reader: what read the batch.
        dtype: in which the model computes.

    Returns:
        the first such number in the data, and what to do about it; None where those of the batch are finite.
    """
    inputs, _, *weights = batch
    if weights and not is_finite(tf.cast(weights[0], dtype)):
        example = _first_not_finite(tf.cast(example_weights_of(reader.split), dtype))
        return (
            f"an example about image row {reader.split.image_ids[example] - 1} has the weight "
            f"{example_weights_of(reader.split)[example]:g}, which is not finite in {dtype}",
            "correct the example weights",
        )
    row = _bad_row(reader, dtype) if "image" in inputs and not is_finite(inputs["image"]) else None
    if row is None:
        return None
    return (
        f"image row {row} (image id {row + 1}) has a feature that is not finite in {dtype}",
        "correct the image features",
    )


def _bad_row(reader: BatchReader, dtype: str) -> int | None:
    """The first row of the split's images that is not finite."""
    rows = np.unique(reader.split.image_ids) - 1
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        features = tf.cast(reader.features.read(block), dtype)
        if not is_finite(features):
            return int(block[_first_not_finite(features)])
    return None


def _first_not_finite(numbers: tf.Tensor) -> int:
    """The first row, or number, that is not finite."""
    return int(np.argwhere(~np.isfinite(numbers.numpy()))[0, 0])
