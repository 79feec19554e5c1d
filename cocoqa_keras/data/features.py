"""The rows of image features, kept sparse on disk and made dense a batch at a time."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import h5py
import numpy as np
import scipy.sparse

from cocoqa_keras.data.column_moments import ColumnMoments
from cocoqa_keras.data.h5_arrays import has_array, stored_array
from cocoqa_keras.errors import InputError

# Limits that no real file comes near, so that a damaged one cannot ask for all the memory there is.
MAX_ROWS = 50_000_000
MAX_WIDTH = 2**20

BLOCK_ROWS = 1024
EXTRACTOR_ATTRIBUTE = "extractor"
DIGEST_ATTRIBUTE = "images_sha256"

_MAX_ATTRIBUTE = 4096  # bytes
_PARTS = ("data", "indices", "indptr", "shape")
_H5_ERRORS = (OSError, KeyError, RuntimeError, ValueError, TypeError)


class SparseFeatures:
    """Image features in an HDF5 file: a compressed sparse row (CSR) matrix with a row per image.

    The file holds, for the base name `hidden7`: `hidden7_data` (float32), `hidden7_indices` (int32),
    `hidden7_indptr`, `hidden7_shape`, and the column statistics `hidden7_mean` and `hidden7_std` or
    neither. Row r belongs to image id r + 1.

    Opening reads the row pointers alone, and memory in use does not grow with what is read. Where the
    arrays lie in the file in one piece, as the 2015 program's do, rows are read at their place in the file;
    else through HDF5, more slowly. An object may be used from several threads.

    Args:
        path: the HDF5 file.
        key: the base name of the arrays.

    Attributes:
        path: the HDF5 file.
        shape: number of images and of features.
        mean: mean of each feature, float32 (width,), or None.
        std: standard deviation of each feature, float32 (width,), or None.
        density: the share of values that are stored, the others being 0.
        extractor: what made the features, as `cocoqa-data features` notes it, or None.

    Raises:
        InputError: the file is missing, damaged, or of another layout.

    Reference: the 2015 program's file formats (`hidden_oxford_mscoco.h5`).
    """

    def __init__(self, path: str | Path, key: str = "hidden7") -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise InputError(f"no image features at {path}; fetch them with: cocoqa-data download")
        try:
            self._file = h5py.File(self.path, "r")
        except OSError as error:
            raise InputError(f"{path}: not an HDF5 file, or cut short; fetch or make it anew") from error
        try:
            self._open(key)
        except InputError:
            self.close()
            raise
        except _H5_ERRORS as error:
            self.close()
            raise InputError(
                f"{path}: the arrays {key}_* are damaged; fetch or make the file anew"
            ) from error

    def _open(self, key: str) -> None:
        missing = [f"{key}_{part}" for part in _PARTS if not has_array(self._file, f"{key}_{part}")]
        if missing:
            raise InputError(f"{self.path}: has no array {missing[0]}, so no image features named {key}")
        self._data = _StoredArray(self._dataset(f"{key}_data", "f"), self._file)
        self._indices = _StoredArray(self._dataset(f"{key}_indices", "i"), self._file)
        self.shape = self._read_shape(self._dataset(f"{key}_shape", "iu"))
        self._indptr = self._read_indptr(self._dataset(f"{key}_indptr", "iu"))
        self.mean = self._read_statistic(f"{key}_mean")
        self.std = self._read_statistic(f"{key}_std")
        self.density = int(self._indptr[-1]) / (self.shape[0] * self.shape[1])
        self.extractor = _read_attribute(self._file, EXTRACTOR_ATTRIBUTE)
        self._images_digest = _read_attribute(self._file, DIGEST_ATTRIBUTE)

    def __enter__(self) -> "SparseFeatures":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; rows can no longer be read."""
        self._file.close()

    def __len__(self) -> int:
        return self.shape[0]

    def blocks(self) -> Iterator[scipy.sparse.csr_matrix]:
        """All rows in order, some at a time, sparse (rows, width), checked.

        Raises:
            InputError: a row holds a value that is not finite, or one outside of the columns.
        """
        for start in range(0, len(self), BLOCK_ROWS):
            rows = np.arange(start, min(start + BLOCK_ROWS, len(self)))
            indptr = self._indptr[start : start + len(rows) + 1]
            data, indices = self._read_parts(indptr[:1], indptr[-1:])
            yield self._matrix(data, indices, indptr - indptr[0], rows)

    def check(self) -> None:
        """Goes through all values once, at the speed of the disk, so that training need not end on a bad one.

        Raises:
            InputError: a row holds a value that is not finite, or one outside of the columns.
        """
        for _ in self.blocks():
            pass

    def check_images(self, names: Sequence[str]) -> None:
        """Makes sure that the rows are those of a data set's images, where the file knows its images.

        Args:
            names: the name of the image of each row.

        Raises:
            InputError: the rows are of other images, or there are more or fewer of them.
        """
        if len(names) != len(self):
            raise InputError(
                f"{self.path}: it has {len(self)} rows, and the data have {len(names)} images; "
                "use the features of this data set"
            )
        if self._images_digest not in (None, digest_of_images(names)):
            raise InputError(
                f"{self.path}: its rows are of other images than those of the data, or in another order; "
                "encode the data with --image-index, the imgid_dict.pkl that lies beside the features"
            )

    def moments(self) -> ColumnMoments:
        """Mean and standard deviation of each feature, computed anew in one pass."""
        return ColumnMoments.of(self.blocks(), self.shape[1])

    def read(self, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        """The features of some images.

        Args:
            rows: row numbers from 0 (image id - 1), in any order, with repeats.

        Returns:
            float32 (len(rows), width).

        Raises:
            InputError: a row is out of range, or holds a value that is not finite.
        """
        rows = np.asarray(rows, dtype=np.int64)
        wrong = rows[(rows < 0) | (rows >= len(self))]
        if wrong.size:
            raise InputError(f"{self.path}: no row {wrong[0]}; its rows are 0 to {len(self) - 1}")
        return self._read_sparse(rows).toarray().astype(np.float32, copy=False)

    def _read_sparse(self, rows: np.ndarray) -> scipy.sparse.csr_matrix:
        """The features of images that exist, checked."""
        starts, ends = self._indptr[rows], self._indptr[rows + 1]
        data, indices = self._read_parts(starts, ends)
        indptr = np.concatenate([[0], np.cumsum(ends - starts)])
        return self._matrix(data, indices, indptr, rows)

    def _read_parts(self, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values and columns in some stretches of the file."""
        try:
            if not self._file:
                raise OSError("the file is closed")
            return self._data.read(starts, ends), self._indices.read(starts, ends)
        except _H5_ERRORS as error:
            raise InputError(f"{self.path}: cannot read its rows: closed, cut short or damaged") from error

    def _matrix(
        self, data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, rows: np.ndarray
    ) -> scipy.sparse.csr_matrix:
        """The matrix, after a check of what scipy takes on trust and a model needs."""
        for wrong, what in (
            (~np.isfinite(data), "a value that is not finite"),
            ((indices < 0) | (indices >= self.shape[1]), f"a value outside of its {self.shape[1]} columns"),
        ):
            if wrong.any():
                row = rows[np.searchsorted(indptr, wrong.argmax(), side="right") - 1]
                raise InputError(
                    f"{self.path}: row {row} (image id {row + 1}) has {what}; fetch or make the file anew"
                )
        parts = (data, indices, indptr.astype(indices.dtype))
        return scipy.sparse.csr_matrix(parts, shape=(len(rows), self.shape[1]))

    def _dataset(self, name: str, kinds: str) -> h5py.Dataset:
        dataset = stored_array(self._file, name)
        if dataset.ndim != 1 or dataset.dtype.kind not in kinds or dataset.dtype.itemsize not in (4, 8):
            raise InputError(f"{self.path}: {name} is not the list of numbers that image features have there")
        return dataset

    def _read_shape(self, dataset: h5py.Dataset) -> tuple[int, int]:
        shape = dataset[:3].tolist()
        if len(shape) != 2 or not (0 < shape[0] <= MAX_ROWS and 0 < shape[1] <= MAX_WIDTH):
            raise InputError(f"{self.path}: expected the numbers of images and of features, got {shape}")
        return shape[0], shape[1]

    def _read_indptr(self, dataset: h5py.Dataset) -> np.ndarray:
        """The row pointers, int64 (images + 1,), checked against the arrays that they point into."""
        if dataset.shape[0] == self.shape[0] + 1:
            indptr = dataset[:].astype(np.int64)
            sizes = np.diff(indptr)
            is_inside = indptr[0] == 0 and indptr[-1] <= min(self._data.size, self._indices.size)
            if is_inside and sizes.min() >= 0 and sizes.max() <= self.shape[1]:
                return indptr
        raise InputError(f"{self.path}: its row pointers do not fit its data; fetch or make the file anew")

    def _read_statistic(self, name: str) -> np.ndarray | None:
        if not has_array(self._file, name):
            return None
        dataset = self._dataset(name, "f")
        if dataset.shape[0] != self.shape[1]:
            raise InputError(f"{self.path}: {name} has {dataset.shape[0]} values, not {self.shape[1]}")
        values = dataset[:].astype(np.float32)
        if not np.isfinite(values).all():
            raise InputError(
                f"{self.path}: {name} has a value that is not finite; fetch or make the file anew"
            )
        return values


class _StoredArray:
    """A one-dimensional HDF5 array, of which slices are read."""

    def __init__(self, dataset: h5py.Dataset, file: h5py.File) -> None:
        self.size = dataset.shape[0]
        self._dataset = dataset
        self._descriptor = file.id.get_vfd_handle()
        # None where the array is compressed or in pieces.
        self._offset = dataset.id.get_offset() if hasattr(os, "pread") else None

    def read(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """The slices [start, end) joined."""
        if self._offset is None:
            slices = [self._dataset[start:end] for start, end in zip(starts, ends, strict=True)]
            return np.concatenate([*slices, np.empty(0, self._dataset.dtype)])
        item_size = self._dataset.dtype.itemsize
        offsets = (self._offset + starts * item_size).tolist()
        lengths = ((ends - starts) * item_size).tolist()
        # Unlike a memory map, this keeps no memory, and a file that is cut short meanwhile does no harm.
        content = b"".join(map(os.pread, [self._descriptor] * len(lengths), lengths, offsets))
        if len(content) != sum(lengths):
            raise OSError("the file is cut short")
        return np.frombuffer(content, self._dataset.dtype)


def digest_of_images(names: Sequence[str]) -> str:
    """The SHA-256 of the images' names, row by row: features know by it whose they are."""
    return hashlib.sha256("\n".join(names).encode("utf-8", "surrogatepass")).hexdigest()


def _read_attribute(file: h5py.File, name: str) -> str | None:
    """A short text that is kept with a file, or None where there is none."""
    if name not in file.attrs:
        return None
    attribute = h5py.h5a.open(file.id, name.encode())
    # Of fixed length: where the heap of the others is damaged, HDF5 may search it for ever.
    if attribute.shape != () or attribute.dtype.kind != "S" or attribute.dtype.itemsize > _MAX_ATTRIBUTE:
        raise ValueError(f"{name} is not a short text")
    return file.attrs[name].decode()
