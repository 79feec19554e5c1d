"""A stage's weights as the one matrix that the 2015 program keeps."""

import keras
import numpy as np

from cocoqa_keras.errors import InputError


def stage_matrix(layer: keras.layers.Layer) -> np.ndarray | None:
    """The weights of a layer stacked by rows, in order of creation; None for a layer without any.

    Every trainable layer keeps its weights as matrices of equal width with the bias as the last row, so
    that stacking them gives the original's W; for the LSTM that is [W_I; W_F; W_Z; W_O].
    """
    if isinstance(layer, keras.layers.InputLayer) or not layer.trainable_variables:
        return None
    return np.concatenate([keras.ops.convert_to_numpy(weight) for weight in layer.trainable_variables])


def assign_stage_matrix(layer: keras.layers.Layer, matrix: np.ndarray, source: str) -> None:
    """Sets the weights of a layer from such a matrix.

    Args:
        layer: a built layer.
        matrix: the weights, stacked by rows.
        source: where the matrix comes from, for the error.

    Raises:
        InputError: the matrix has another shape.
    """
    rows = [weight.shape[0] for weight in layer.weights]
    expected = (sum(rows), layer.weights[0].shape[1])
    if matrix.shape != expected:
        raise InputError(
            f"{source}: stage '{layer.name}' has weights of shape {expected}, found {matrix.shape}"
        )
    for weight, part in zip(layer.weights, np.split(matrix, np.cumsum(rows)[:-1]), strict=True):
        weight.assign(part)
