"""Writes the rows of image features, at once or batch by batch."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import scipy.sparse

from cocoqa_keras.data.column_moments import ColumnMoments
from cocoqa_keras.data.features import BLOCK_ROWS, DIGEST_ATTRIBUTE, EXTRACTOR_ATTRIBUTE, digest_of_images
from cocoqa_keras.data.h5_output import new_h5_file
from cocoqa_keras.errors import InputError
from cocoqa_keras.files import atomic_path

_RAW_TYPES = {"data": np.dtype("<f4"), "indices": np.dtype("<i4"), "sizes": np.dtype("<i4")}


def write_features(
    path: str | Path,
    matrix: scipy.sparse.csr_matrix | np.ndarray,
    key: str = "hidden7",
    extractor: str | None = None,
    images: Sequence[str] | None = None,
) -> None:
    """Writes image features with their column statistics in the layout of `SparseFeatures`, atomically.

    Args:
        path: the HDF5 file.
        matrix: a row per image, (images, features); a dense matrix is made sparse.
        key: the base name of the arrays.
        extractor: what made the features, in a few words, for the file to tell.
        images: the names of the images, a row each, for the file to know them by.

    Raises:
        InputError: a value is not finite, or the file cannot be written.
    """
    matrix = _finite_rows(matrix, Path(path))
    indptr = matrix.indptr.astype(np.int64)
    _write(Path(path), _row_blocks(matrix), indptr, matrix.shape[1], key, extractor, images)


class FeaturesWriter:
    """Rows of image features, appended batch by batch, then joined in one file.

    Until then they lie in a working folder, so that a job which is killed goes on where it was. Memory in use
    does not grow with the number of rows.

    Args:
        folder: the working folder, made where it is missing. Whoever made it removes it.
        width: number of features.
        rows: how many of the rows in the folder to keep; the others are cut off.

    Raises:
        InputError: the folder does not hold so many rows, or is damaged, or cannot be written to.
    """

    def __init__(self, folder: str | Path, width: int, rows: int = 0) -> None:
        self._folder = Path(folder)
        self._width = width
        self._folder.mkdir(parents=True, exist_ok=True)
        for part in _RAW_TYPES:
            self._path(part).touch()
        self._rows = rows
        self._cut("sizes", rows)
        sizes = np.fromfile(self._path("sizes"), _RAW_TYPES["sizes"])
        self._check("sizes", _is_within(sizes, width + 1))
        for part in ("data", "indices"):
            self._cut(part, int(sizes.sum(dtype=np.int64)))

    def __len__(self) -> int:
        return self._rows

    def append(self, rows: np.ndarray | scipy.sparse.csr_matrix) -> None:
        """Adds some rows, (n, width); they are on the disk when it returns.

        Raises:
            InputError: a value is not finite.
            OSError: the disk is full.
        """
        matrix = _finite_rows(rows, self._folder)
        if matrix.shape[1] != self._width:
            raise ValueError(f"expected rows of {self._width} features, got {matrix.shape[1]}")
        parts = {"data": matrix.data, "indices": matrix.indices, "sizes": np.diff(matrix.indptr)}
        for part, values in parts.items():
            with self._path(part).open("ab") as file:
                file.write(values.astype(_RAW_TYPES[part], copy=False).tobytes())
                file.flush()
                os.fsync(file.fileno())
        self._rows += matrix.shape[0]

    def finish(
        self,
        path: str | Path,
        key: str = "hidden7",
        extractor: str | None = None,
        images: Sequence[str] | None = None,
    ) -> None:
        """Writes all rows with their column statistics to `path`, atomically; see `write_features`.

        The result does not depend on how the rows came in batches.

        Raises:
            InputError: there are no rows, those in the folder are damaged, or the file cannot be written.
        """
        if not self._rows:
            raise InputError(f"no image features to write to {path}: there is not one picture")
        indptr = np.zeros(self._rows + 1, np.int64)
        np.cumsum(np.fromfile(self._path("sizes"), _RAW_TYPES["sizes"]), out=indptr[1:])
        _write(Path(path), self._blocks(indptr), indptr, self._width, key, extractor, images)

    def _path(self, part: str) -> Path:
        return self._folder / f"{part}.raw"

    def _cut(self, part: str, count: int) -> None:
        """Leaves the first `count` numbers of a raw file."""
        path, size = self._path(part), count * _RAW_TYPES[part].itemsize
        if path.stat().st_size < size:
            raise InputError(f"{path} is cut short; delete {self._folder} and start again")
        os.truncate(path, size)

    def _check(self, part: str, is_whole: bool) -> None:
        """Refuses a raw file that a disk, or somebody, has changed."""
        if not is_whole:
            raise InputError(f"{self._path(part)} is damaged; delete {self._folder} and start again")

    def _blocks(self, indptr: np.ndarray) -> Iterator[scipy.sparse.csr_matrix]:
        with self._path("data").open("rb") as data, self._path("indices").open("rb") as indices:
            for start in range(0, self._rows, BLOCK_ROWS):
                bounds = indptr[start : start + BLOCK_ROWS + 1]
                count = int(bounds[-1] - bounds[0])
                values = np.fromfile(data, _RAW_TYPES["data"], count)
                columns = np.fromfile(indices, _RAW_TYPES["indices"], count)
                self._check("data", bool(np.isfinite(values).all()))
                self._check("indices", _is_within(columns, self._width))
                shape = (len(bounds) - 1, self._width)
                yield scipy.sparse.csr_matrix((values, columns, bounds - bounds[0]), shape)


def _is_within(numbers: np.ndarray, end: int) -> bool:
    """Whether all are from 0 to below `end`."""
    return bool(((numbers >= 0) & (numbers < end)).all())


def _finite_rows(rows: np.ndarray | scipy.sparse.csr_matrix, where: Path) -> scipy.sparse.csr_matrix:
    """The rows as a sparse matrix, each column once and in order."""
    matrix = scipy.sparse.csr_matrix(rows, dtype=np.float32)
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    if not np.isfinite(matrix.data).all():
        raise InputError(f"image features for {where}: expected finite values, got NaN or infinity")
    return matrix


def _row_blocks(matrix: scipy.sparse.csr_matrix) -> Iterator[scipy.sparse.csr_matrix]:
    for start in range(0, matrix.shape[0], BLOCK_ROWS):
        yield matrix[start : start + BLOCK_ROWS]


def _write(
    path: Path,
    blocks: Iterable[scipy.sparse.csr_matrix],
    indptr: np.ndarray,
    width: int,
    key: str,
    extractor: str | None,
    images: Sequence[str] | None,
) -> None:
    """Writes the file in one pass over its rows; the arrays lie in it in one piece each."""
    moments = ColumnMoments(width)
    with atomic_path(path) as temporary, new_h5_file(temporary) as file:
        file[f"{key}_shape"] = np.array([len(indptr) - 1, width], np.int64)
        file[f"{key}_indptr"] = indptr
        data = file.create_dataset(f"{key}_data", indptr[-1:], np.float32)
        indices = file.create_dataset(f"{key}_indices", indptr[-1:], np.int32)
        start = 0
        for block in blocks:
            moments.add(block)
            end = start + block.nnz
            data[start:end], indices[start:end] = block.data, block.indices
            start = end
        file[f"{key}_mean"] = moments.mean.astype(np.float32)
        file[f"{key}_std"] = moments.std.astype(np.float32)
        if extractor is not None:
            file.attrs[EXTRACTOR_ATTRIBUTE] = np.bytes_(extractor.encode())
        if images is not None:
            file.attrs[DIGEST_ATTRIBUTE] = np.bytes_(digest_of_images(images).encode())
