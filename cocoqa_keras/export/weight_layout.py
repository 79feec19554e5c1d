"""Weights as other programs lay them out: the 2015 program's list, and the weights of `keras.layers.LSTM`."""

from collections.abc import Iterator, Sequence

import keras
import numpy as np

from cocoqa_keras.errors import InputError
from cocoqa_keras.models.stage_weights import assign_stage_matrix, layers_by_name, stage_matrix, stage_shape
from cocoqa_keras.spec.model_spec import ModelSpec
from cocoqa_keras.spec.stages import Graph, Stage, TrainableStage

Entry = np.ndarray | int | list  # a stage's matrix, 0 where it has none, or the entries of those inside it
# What each gate sees, in order of rows: the input X, the hidden state H, the cell C. A bias row follows.
LSTM_GATES = {"I": "XHC", "F": "XHC", "Z": "XH", "O": "XHC"}
# The gates that Keras calls i, f, c, o, and the pieces that make its kernel, recurrent kernel and bias.
KERAS_GATES = "IFZO"
KERAS_KINDS = ("W_X", "W_H", "b_")


def weights_of(spec: ModelSpec, model: keras.Model, dtype: str | None = None) -> list[Entry]:
    """The weights of a model as the 2015 program lists them, for `formats.write_weights`.

    Args:
        spec: the model file.
        model: the model that was built from it.
        dtype: "float32" or "float64"; by default the model's own.

    Returns:
        an entry per stage in order of computation: its matrix, with the bias as last row and the gates of
        an LSTM stacked as [W_I; W_F; W_Z; W_O]; an array of shape () where its weights are a single number;
        or 0 where a stage has no weights or they are frozen. For a stage made of others, the list of their
        entries.

    Raises:
        InputError: the model was built from another model file.

    Reference:
        The 2015 program's weight files (`.w.npy`).
    """
    layers = _layers_by_stage(spec, model)

    def entry_of(stage: Stage) -> Entry:
        if isinstance(stage, Graph):
            return [entry_of(spec[name]) for name in stage.stages]
        matrix = stage_matrix(layers[stage.name]) if stage.name in layers else None
        return 0 if matrix is None else matrix.astype(dtype or matrix.dtype)

    return [entry_of(stage) for stage in spec.stages]


def assign_weights(spec: ModelSpec, model: keras.Model, entries: Sequence[Entry], source: str) -> None:
    """Sets the weights of a model from such a list; all of them, or none where one does not fit.

    Args:
        spec: the model file.
        model: the model that was built from it.
        entries: what `weights_of` returns, or `formats.read_weights`.
        source: where they come from, for the error.

    Raises:
        InputError: the number of entries, the shape of one, or its values do not fit; or the model was
            built from another model file.
    """
    layers = _layers_by_stage(spec, model)
    pairs = list(_paired(spec, spec.stages, entries, f"{source}: {spec.path}"))
    for stage, entry in pairs:
        _check_entry(layers.get(stage.name), entry, f"{source}: stage '{stage.name}'")
    for stage, entry in pairs:
        layer = layers.get(stage.name)
        if layer is not None and stage_shape(layer) is not None:
            assign_stage_matrix(layer, np.asarray(entry), source)


def _paired(
    spec: ModelSpec, stages: Sequence[Stage], entries: Sequence[Entry], where: str
) -> Iterator[tuple[Stage, np.ndarray | int]]:
    """Each stage that is not made of others, and its entry."""
    if len(entries) != len(stages):
        raise InputError(
            f"{where} has {len(stages)} stages, from '{stages[0].name}' to "
            f"'{stages[-1].name}', found weights of {len(entries)}; give those of this model"
        )
    for stage, entry in zip(stages, entries, strict=True):
        if not isinstance(stage, Graph):
            yield stage, entry
        elif isinstance(entry, list):
            inner = [spec[name] for name in stage.stages]
            yield from _paired(spec, inner, entry, f"{where}, stage '{stage.name}',")
        else:
            raise InputError(f"{where}, stage '{stage.name}': expected a list of weights, an entry per stage")


def _layers_by_stage(spec: ModelSpec, model: keras.Model) -> dict[str, keras.layers.Layer]:
    """The layer of each stage that is one; another stage has no weights."""
    layers = layers_by_name(model)
    trained = [s.name for s in spec.all_stages if isinstance(s, TrainableStage) and not s.is_frozen]
    for name in trained:
        if name not in layers:
            raise InputError(
                f"{spec.path}: stage '{name}' has weights, and model {model.name} has no such layer; "
                f"give the model file that it was built from"
            )
    stages = {stage.name for stage in spec.all_stages}
    for name, layer in layers.items():
        if layer.trainable_variables and name not in stages:
            raise InputError(
                f"{spec.path}: model {model.name} has weights in layer '{name}', and there is no such stage; "
                f"give the model file that it was built from"
            )
    return {name: layer for name, layer in layers.items() if name in stages}


def _check_entry(layer: keras.layers.Layer | None, entry: np.ndarray | int, where: str) -> None:
    expected = None if layer is None else stage_shape(layer)
    if isinstance(entry, list):
        raise InputError(f"{where}: expected {_described(expected)}, found a list of weights")
    # A 0 stands for no weights, and also for a single number that is 0.
    found = None if expected != () and np.ndim(entry) == 0 and entry == 0 else np.shape(entry)
    if found != expected:
        raise InputError(f"{where}: expected {_described(expected)}, found {_described(found)}")
    if expected is not None and not (np.abs(entry) <= np.finfo(layer.variable_dtype).max).all():
        raise InputError(f"{where}: expected finite numbers of {layer.variable_dtype}, found another")


def _described(shape: tuple[int, ...] | None) -> str:
    return "0 (no weights, or frozen ones)" if shape is None else f"weights of shape {shape}"


def lstm_pieces(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """The pieces of an LSTM's matrix by name; writing to a piece writes to the matrix.

    Args:
        matrix: (4 D + 7 H + 4, H), an LSTM's entry of `weights_of`, for D inputs and H units.

    Returns:
        for the input gate W_XI (D, H), W_HI (H, H), W_CI (H, H), b_I (H,); likewise F, Z and O, in this
        order. Z, the candidate, does not see the cell: there is no W_CZ.

    Raises:
        InputError: no LSTM has such a matrix.

    Reference:
        The 2015 program's weight files: W_I = [W_XI; W_HI; W_CI; b_I].
    """
    shape = np.shape(matrix)
    units = shape[-1] if len(shape) == 2 else 0
    width = (shape[0] - 7 * units - 4) // 4 if units else 0
    if width < 1 or shape != _lstm_shape(width, units):
        raise InputError(
            f"expected weights of an LSTM of D inputs and H units, (4 D + 7 H + 4, H), found {shape}"
        )
    heights = {"X": width, "H": units, "C": units}
    pieces, row = {}, 0
    for gate, seen in LSTM_GATES.items():
        for source in seen:
            pieces[f"W_{source}{gate}"] = matrix[row : row + heights[source]]
            row += heights[source]
        pieces[f"b_{gate}"] = matrix[row]
        row += 1
    return pieces


def to_keras_lstm(matrix: np.ndarray) -> list[np.ndarray]:
    """The weights of the `keras.layers.LSTM` that computes what an LSTM of ours without peepholes does.

    Args:
        matrix: (4 D + 7 H + 4, H), an LSTM's entry of `weights_of`.

    Returns:
        kernel (D, 4 H), recurrent kernel (H, 4 H) and bias (4 H,), for `set_weights`.

    Raises:
        InputError: W_CI, W_CF or W_CO, the peepholes, is not zero; or no LSTM has such a matrix.
    """
    pieces = lstm_pieces(matrix)
    for name, piece in pieces.items():
        if name.startswith("W_C") and piece.any():
            raise InputError(f"{name} is not zero: a keras.layers.LSTM has no peepholes and cannot repeat it")
    return [
        np.concatenate([pieces[f"{kind}{gate}"] for gate in KERAS_GATES], axis=-1) for kind in KERAS_KINDS
    ]


def from_keras_lstm(weights: Sequence[np.ndarray]) -> np.ndarray:
    """The matrix, its peepholes zero, of the LSTM that computes what a `keras.layers.LSTM` does.

    Args:
        weights: its `get_weights()`: kernel (D, 4 H), recurrent kernel (H, 4 H) and bias (4 H,).

    Returns:
        (4 D + 7 H + 4, H)

    Raises:
        InputError: other weights, such as those of a layer without bias.
    """
    match [np.shape(part) for part in weights]:
        case [(width, a), (units, b), (c,)] if a == b == c == 4 * units:
            matrix = np.zeros(_lstm_shape(width, units), np.result_type(*weights))
        case shapes:
            raise InputError(
                f"expected kernel (D, 4 H), recurrent kernel (H, 4 H) and bias (4 H,) of a keras.layers.LSTM"
                f", found shapes {shapes}"
            )
    pieces = lstm_pieces(matrix)
    for kind, part in zip(KERAS_KINDS, weights, strict=True):
        for gate, block in zip(KERAS_GATES, np.split(part, 4, axis=-1), strict=True):
            pieces[f"{kind}{gate}"][...] = block
    return matrix


def _lstm_shape(width: int, units: int) -> tuple[int, int]:
    return 4 * width + 7 * units + 4, units  # the bias of every gate is a row, and one of them sees no cell
