"""Exact nearest neighbours of many vectors that share images, in bounded memory.

A vector is the words of a question beside the features of its image, and most images occur more than once.
The products of distinct images are computed once for each pair of blocks, and spread over the questions.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cocoqa_keras.data.features import SparseFeatures

_BLOCK = 4096  # vectors: of both sides, what is multiplied at a time
_PAIRS = 2048  # distances in double precision at a time
_VALUES = 2**25  # most candidates and products in memory, which are numbers of 4 and of 8 bytes
_SPARE = 16  # candidates beyond the neighbours asked for; more are almost never needed


@dataclass(frozen=True)
class Points:
    """N vectors, each of W numbers for the words and D for the image.

    Attributes:
        words: float32 (N, W).
        images: int (N,), rows of the features.
        features: the features of images, D of them.
    """

    words: np.ndarray
    images: np.ndarray
    features: SparseFeatures

    def __len__(self) -> int:
        return len(self.images)

    @property
    def width(self) -> int:
        """W + D."""
        return self.words.shape[1] + self.features.shape[1]

    def blocks(self, rows: np.ndarray, size: int) -> Iterator["_Block"]:
        """Some of the vectors, `size` at a time, those of an image side by side."""
        rows = rows[np.argsort(self.images[rows], kind="stable")]
        for start in range(0, len(rows), size):
            yield _Block.read(self, rows[start : start + size])


@dataclass(frozen=True)
class _Block:
    """Some vectors in memory, where each image is kept once.

    Attributes:
        rows: int (n,), which vectors.
        words: float32 (n, W).
        images: float32 (u, D), the distinct images.
        image_of: int (n,), positions in `images`.
        squares: float64 (n,), the squared length of each vector.
    """

    rows: np.ndarray
    words: np.ndarray
    images: np.ndarray
    image_of: np.ndarray
    squares: np.ndarray

    @classmethod
    def read(cls, points: Points, rows: np.ndarray) -> "_Block":
        distinct, image_of = np.unique(points.images[rows], return_inverse=True)
        words, images = points.words[rows], points.features.read(distinct)
        squares = _squared_norms(words) + _squared_norms(images)[image_of]
        return cls(rows, words, images, image_of, squares)

    def rough_distances(self, others: "_Block") -> np.ndarray:
        """Squared distances to other vectors in single precision, less the own `squares`; (n, others)."""
        images = self.images @ others.images.T
        images *= -2
        # The others' squares come in as one more column of the words: that saves a pass over the result.
        left = np.column_stack([-2 * self.words, np.ones(len(self.rows), np.float32)])
        right = np.column_stack([others.words, others.squares.astype(np.float32)])
        distances = left @ right.T
        distances += np.take(np.take(images, self.image_of, axis=0), others.image_of, axis=1)
        return distances


class _Lowest:
    """The lowest values of each row of a wide matrix that comes in pieces, and their columns.

    Args:
        height: number of rows.
        count: how many values of each row are kept.
    """

    def __init__(self, height: int, count: int) -> None:
        self._count = count
        self.values = np.full((height, count), np.inf, np.float32)
        self.columns = np.zeros((height, count), np.int64)

    @property
    def limits(self) -> np.ndarray:
        """The highest value kept of each row."""
        return self.values.max(axis=1)

    def add(self, values: np.ndarray, columns: np.ndarray) -> None:
        """Takes in a piece of the matrix, whose columns bear the numbers `columns`."""
        limits = self.limits
        if np.isinf(limits).any() and len(columns) > self._count:
            limits = np.partition(values, self._count - 1, axis=1)[:, self._count - 1]
        # Past the first piece next to nothing is below the limits, so there is little left to order.
        rows, hits = np.divmod(np.flatnonzero(values <= limits[:, None]), len(columns))
        if not rows.size:
            return
        place = np.arange(len(rows)) - np.searchsorted(rows, rows)
        extra = ((0, 0), (0, place.max() + 1))
        self.values = np.pad(self.values, extra, constant_values=np.inf)
        self.columns = np.pad(self.columns, extra)
        self.values[rows, self._count + place] = values[rows, hits]
        self.columns[rows, self._count + place] = columns[hits]
        lowest = np.argpartition(self.values, self._count - 1, axis=1)[:, : self._count]
        self.values = np.take_along_axis(self.values, lowest, axis=1)
        self.columns = np.take_along_axis(self.columns, lowest, axis=1)


def nearest(points: Points, queries: Points, k: int) -> np.ndarray:
    """The nearest of `points` for each query, by the Euclidean distance.

    Candidates are found in single precision, by matrix products, and ordered by their distances in double
    precision. Where rounding might hide a neighbour among the points left out, more candidates are
    taken, in the end all of them. So the result is exact.

    Args:
        points: N vectors.
        queries: M vectors, with the same features.
        k: how many neighbours, at most N.

    Returns:
        int64 (M, k), rows of `points`, the nearest first; of equally near ones the lower row.
    """
    neighbors = np.empty((len(queries), k), np.int64)
    pending, count = np.arange(len(queries)), k + _SPARE
    while pending.size:
        count = min(count, len(points))
        unsure = [np.empty(0, np.int64)]
        for block in queries.blocks(pending, max(1, min(_BLOCK, _VALUES // (_BLOCK + count)))):
            neighbors[block.rows], is_sure = _search(points, block, k, count)
            unsure.append(block.rows[~is_sure])
        pending, count = np.concatenate(unsure), 4 * count
    return neighbors


def _search(points: Points, queries: _Block, k: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The nearest among `count` candidates, (n, k), and for each query whether no other point is nearer."""
    if count == len(points):
        candidates = np.broadcast_to(np.arange(count), (len(queries.rows), count))
        return _order(points, queries, candidates, k)[0], np.ones(len(queries.rows), bool)
    lowest, longest = _Lowest(len(queries.rows), count), 0.0
    for block in points.blocks(np.arange(len(points)), _BLOCK):
        lowest.add(queries.rough_distances(block), block.rows)
        longest = max(longest, block.squares.max())
    neighbors, distances = _order(points, queries, lowest.columns, k)
    # A sum of n products is off by at most n eps / 2 times the sum of their sizes, in whatever order it is
    # added; the other half of eps is for the few roundings around it.
    error = points.width * np.finfo(np.float32).eps * (queries.squares + 2 * longest)
    return neighbors, distances[:, -1] < queries.squares + lowest.limits - error


def _order(points: Points, queries: _Block, candidates: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of the candidates (n, c), nearest first, and their squared distances: (n, k) both."""
    distances = np.empty(candidates.shape)
    query_of = np.repeat(np.arange(len(candidates)), candidates.shape[1])
    rows = candidates.ravel()
    for start in range(0, len(rows), _PAIRS):
        part = slice(start, start + _PAIRS)
        query, row = query_of[part], rows[part]
        distances.flat[part] = _squared_norms(queries.words[query], points.words[row]) + _squared_norms(
            queries.images[queries.image_of[query]], points.features.read(points.images[row])
        )
    order = np.lexsort((candidates, distances))[:, :k]
    return np.take_along_axis(candidates, order, axis=1), np.take_along_axis(distances, order, axis=1)


def _squared_norms(vectors: np.ndarray, origins: np.ndarray | float = 0.0) -> np.ndarray:
    """The squared distance of each vector from its origin in double precision; equal rows have equal ones."""
    differences = np.subtract(vectors, origins, dtype=np.float64)
    return np.einsum("ij,ij->i", differences, differences)
