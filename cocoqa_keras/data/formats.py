"""Pickles and numpy arrays on disk, as the 2015 program reads and writes them.

Reference: the 2015 program's file formats (Python 2.7, numpy 1.9).
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from cocoqa_keras.data import python2_pickle, safe_pickle
from cocoqa_keras.errors import InputError
from cocoqa_keras.files import atomic_path

# The header as every numpy since 1.0 writes it; Python 2 puts an L behind long integers.
_HEADER = re.compile(
    rb"\{'descr': '(?P<descr>[^']{2,20})', 'fortran_order': (?P<fortran>True|False), "
    rb"'shape': \((?P<shape>(?:[0-9]{1,18}L?(?:, ?|(?=\))))*)\),? *\}\s*"
)


def read_pickle(path: str | Path) -> Any:
    """Reads lists, dictionaries, text, numbers and arrays; see `safe_pickle.loads`.

    Raises:
        InputError: the file is missing, damaged, or holds anything else.
    """
    return safe_pickle.load(path)


def write_pickle(path: str | Path, value: Any) -> None:
    """Writes `value` as Python 2 pickles it, atomically; see `python2_pickle.dumps` for what it may be."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(python2_pickle.dumps(value))


def read_array(path: str | Path) -> np.ndarray:
    """Reads a `.npy` file: numbers, or objects as `read_pickle` returns them.

    Returns:
        An array of the file's dtype and shape. Arrays of numbers are read-only.

    Raises:
        InputError: the file is missing, damaged, or holds anything else.
    """
    try:
        with Path(path).open("rb") as file:
            dtype, shape, order = _read_header(file, path)
            content = safe_pickle.read_rest(file, str(path)) if dtype.hasobject else file.read()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if dtype.hasobject:
        array = safe_pickle.loads(content, str(path))
        if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape != shape:
            raise InputError(f"{path}: the array is not the one that the file's header describes")
        return array
    try:
        return safe_pickle.reshape(np.frombuffer(content, dtype), shape, order)
    except ValueError as error:
        raise InputError(
            f"{path}: its {len(content)} bytes of numbers do not make an array of shape {shape}; "
            "it is damaged or cut short"
        ) from error


def write_array(path: str | Path, array: np.ndarray) -> None:
    """Writes a `.npy` file that Python 2 reads, atomically.

    Args:
        path: the file.
        array: numbers, or objects that `python2_pickle.dumps` takes.

    Raises:
        ValueError: the array holds anything else.
    """
    dtype = safe_pickle.array_dtype(array.dtype.str)
    header = {"descr": dtype.str, "fortran_order": False, "shape": array.shape}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.write(python2_pickle.dumps(array) if dtype.hasobject else array.tobytes())


def read_weights(path: str | Path) -> list[np.ndarray | int | list]:
    """Reads the weights of a model, `.w.npy`.

    Returns:
        An entry per stage, in the order of computation: its matrix, float32 or float64; an array of shape ()
        where its weights are a single number; or 0 where it has no weights, they are frozen, or they are a
        single number that is 0 (the file does not tell these apart). A stage made of others has a list of
        theirs.

    Raises:
        InputError: the file is missing, damaged, or not such an array.
    """
    entries = read_array(path)
    if entries.dtype != object or entries.ndim != 1:
        raise InputError(f"{path}: expected a list of weights, one entry per stage (a .w.npy file)")
    return [_weights_entry(entry, f"{path}, entry {position}") for position, entry in enumerate(entries)]


def write_weights(path: str | Path, entries: Sequence[np.ndarray | int | list]) -> None:
    """Writes the weights of a model, `.w.npy`; see `read_weights` for the entries."""
    checked = [_weights_entry(entry, f"weights for {path}, entry {i}") for i, entry in enumerate(entries)]
    write_array(path, _object_array(checked))


def _object_array(entries: list) -> np.ndarray:
    """A list, and the lists in it, as one-dimensional arrays of objects."""
    array = np.empty(len(entries), dtype=object)
    for position, entry in enumerate(entries):
        array[position] = _object_array(entry) if isinstance(entry, list) else entry
    return array


def _weights_entry(entry: Any, where: str) -> np.ndarray | int | list:
    if isinstance(entry, (int, float)) and entry == 0:
        return 0
    if isinstance(entry, float):
        return np.array(entry)
    if isinstance(entry, np.ndarray) and entry.ndim in (0, 2) and entry.dtype in (np.float32, np.float64):
        return entry
    if isinstance(entry, list) or _is_list_of_entries(entry):
        return [_inner_entry(part, f"{where}, entry {position}") for position, part in enumerate(entry)]
    raise InputError(
        f"{where}: expected a matrix of floats, a float, or the number 0 for a stage without weights"
    )


def _is_list_of_entries(entry: Any) -> bool:
    return isinstance(entry, np.ndarray) and entry.dtype == object and entry.ndim in (1, 3)


def _inner_entry(entry: Any, where: str) -> np.ndarray | int | list:
    """Where the matrices of a list have one shape, the 2015 program made the list one array of objects."""
    is_objects = isinstance(entry, np.ndarray) and entry.dtype == object and entry.ndim == 2
    if is_objects and all(isinstance(number, float) for number in entry.flat):
        return entry.astype(np.float64)
    return _weights_entry(entry, where)


def _read_header(file: BinaryIO, path: str | Path) -> tuple[np.dtype, tuple[int, ...], str]:
    """The dtype, shape and order ("C" or "F") of a `.npy` file; the file is left at the data."""
    magic, version = file.read(6), file.read(2)
    if magic != b"\x93NUMPY" or version[:1] not in (b"\x01", b"\x02", b"\x03"):
        raise InputError(f"{path}: not a numpy array file (.npy)")
    length = int.from_bytes(file.read(2 if version[:1] == b"\x01" else 4), "little")
    match = _HEADER.fullmatch(file.read(min(length, 10_000)))
    if match is None:
        raise InputError(f"{path}: a numpy array file (.npy) whose header is damaged, or one of records")
    code = match["descr"].decode("latin-1")
    try:
        dtype = safe_pickle.array_dtype(code)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
    shape = tuple(int(length.rstrip(b"L")) for length in re.findall(rb"[0-9]+L?", match["shape"]))
    if len(shape) > safe_pickle.MAX_DIMENSIONS:
        raise InputError(f"{path}: an array of {len(shape)} dimensions; it is damaged")
    return dtype, shape, "F" if match["fortran"] == b"True" else "C"
