"""Matrices and vectors that a model file names: initial weights, mean and deviation of features."""

import math
import warnings
from pathlib import Path

import h5py
import numpy as np
import scipy.sparse

from cocoqa_keras.data.formats import read_array
from cocoqa_keras.data.h5_arrays import stored_array
from cocoqa_keras.errors import InputError, reason_of

MAX_ELEMENTS = 2**30  # of a sparse matrix, which takes memory for all of them


def read_matrix(path: Path, file_format: str, h5_key: str | None = None, sparse: bool = False) -> np.ndarray:
    """Reads a matrix or a vector of finite numbers.

    Args:
        path: the file.
        file_format: `plain` (text), `numpy` (.npy) or `h5`.
        h5_key: name of the data set in an h5 file; with `sparse`, the base name of the CSR parts.
        sparse: an h5 file holds the parts of a CSR matrix: key_data, key_indices, key_indptr, key_shape.

    Raises:
        InputError: the file is missing, is something else, or holds numbers that are not finite.
    """
    try:
        if file_format == "plain":
            matrix = _read_plain(path)
        elif file_format == "numpy":
            matrix = read_array(path)
        else:
            matrix = _read_h5(path, h5_key, sparse)
    except InputError:
        raise
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, MemoryError) as error:
        raise InputError(f"cannot read {path} as {file_format}: {reason_of(error)}") from error
    if not matrix.size or matrix.dtype.kind not in "fiu" or not np.isfinite(matrix).all():
        raise InputError(f"{path}: expected finite numbers")
    return matrix


def _read_plain(path: Path) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of an empty file, which is refused anyway
        return np.loadtxt(path, ndmin=2)  # or a matrix of one column would come as a vector


def _read_h5(path: Path, key: str, sparse: bool) -> np.ndarray:
    with h5py.File(path, "r") as file:
        if not sparse:
            return stored_array(file, key)[()]
        data, indices, indptr, shape = (
            stored_array(file, f"{key}_{part}")[()] for part in ("data", "indices", "indptr", "shape")
        )
    if shape.shape != (2,) or not 0 <= math.prod(shape.tolist()) <= MAX_ELEMENTS:
        raise InputError(
            f"{path}: expected a matrix of at most {MAX_ELEMENTS} values, got the shape {shape.tolist()[:3]}"
        )
    matrix = scipy.sparse.csr_matrix((data, indices, indptr), shape=tuple(shape))
    matrix.check_format(full_check=True)
    if (np.diff(matrix.indptr) < 0).any():  # which scipy lets pass where the last of them is 0
        raise InputError(f"{path}: the row pointers {key}_indptr do not rise; make the file anew")
    return matrix.toarray()
