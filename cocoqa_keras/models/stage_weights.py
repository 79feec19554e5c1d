"""A stage's weights as the one matrix, or the one number, that the 2015 program keeps."""

import keras
import numpy as np

from cocoqa_keras.errors import InputError
from cocoqa_keras.layers import RecurrentGraph


def layers_by_name(model: keras.Model) -> dict[str, keras.layers.Layer]:
    """The layers of a model, those inside its recurrent graphs too."""
    layers = {}
    for layer in model.layers:
        layers[layer.name] = layer
        if isinstance(layer, RecurrentGraph):
            layers.update(layers_by_name(layer.step))
    return layers


def stage_matrix(layer: keras.layers.Layer) -> np.ndarray | None:
    """The weights of a layer stacked by rows, in order of creation; None for a layer without any.

    Every trainable layer keeps its weights as matrices of equal width with the bias as the last row, so
    that stacking them gives the original's W; for the LSTM that is [W_I; W_F; W_Z; W_O]. A layer may also
    have a single number, an array of shape (). A table that an optimizer moves lazily is settled first.
    """
    if not layer.trainable_variables:
        return None
    _settle(layer)
    arrays = [keras.ops.convert_to_numpy(weight) for weight in layer.trainable_variables]
    return np.concatenate(arrays) if len(arrays) > 1 else np.array(arrays[0])


def stage_shape(layer: keras.layers.Layer) -> tuple[int, ...] | None:
    """The shape of `stage_matrix`: that of a matrix, or () for a single number."""
    return _stacked_shape(layer.trainable_variables) if layer.trainable_variables else None


def assign_stage_matrix(layer: keras.layers.Layer, matrix: np.ndarray, source: str) -> None:
    """Sets the weights of a layer, frozen or not, from such a matrix.

    Args:
        layer: a built layer.
        matrix: the weights, stacked by rows; for a single number, an array of one in any shape.
        source: where the matrix comes from, for the error.

    Raises:
        InputError: the matrix has another shape.
    """
    expected = _stacked_shape(layer.weights)
    if not expected and matrix.size == 1:
        matrix = matrix.reshape(expected)
    if matrix.shape != expected:
        raise InputError(
            f"{source}: stage '{layer.name}' has weights of shape {expected}, found {matrix.shape}"
        )
    _settle(layer)  # or what the old weights had still to move would be added to the new ones
    ends = np.cumsum([weight.shape[0] for weight in layer.weights[:-1]], dtype=int)
    parts = np.split(matrix, ends) if len(ends) else [matrix]
    for weight, part in zip(layer.weights, parts, strict=True):
        weight.assign(part)
    _settle(layer)  # takes the norm of the new ones


def _stacked_shape(weights: list[keras.Variable]) -> tuple[int, ...]:
    if len(weights) == 1:
        return tuple(weights[0].shape)
    return sum(weight.shape[0] for weight in weights), weights[0].shape[1]


def _settle(layer: keras.layers.Layer) -> None:
    """Brings weights that an optimizer moves lazily up to date."""
    for weight in layer.weights:
        pending = getattr(weight, "pending_motion", None)
        if pending is not None:
            pending.settle()
