"""Mean and standard deviation of the columns of a matrix that passes block by block."""

from collections.abc import Iterable

import numpy as np
import scipy.sparse


class ColumnMoments:
    """Mean and standard deviation of each column, in one pass over blocks of rows, in float64.

    The sums of squares are taken around each block's mean and merged, so that nothing cancels.

    Args:
        width: number of columns.

    Attributes:
        mean: float64 (width,).

    Reference: Chan, Golub and LeVeque (1983), "Algorithms for computing the sample variance".
    """

    def __init__(self, width: int) -> None:
        self.mean = np.zeros(width)
        self._squares = np.zeros(width)
        self._rows = 0

    @classmethod
    def of(cls, blocks: Iterable[scipy.sparse.csr_matrix], width: int) -> "ColumnMoments":
        """The moments of all blocks."""
        moments = cls(width)
        for block in blocks:
            moments.add(block)
        return moments

    @property
    def std(self) -> np.ndarray:
        """Standard deviation over the population, as numpy's, float64 (width,); 0 without rows."""
        return np.sqrt(self._squares / max(1, self._rows))

    def add(self, block: scipy.sparse.csr_matrix) -> None:
        """Takes in some more rows, (rows, width), at least one, without duplicate entries."""
        rows = block.shape[0]
        mean, squares = _moments(block)
        difference = mean - self.mean
        self._squares += squares + difference**2 * (self._rows * rows / (self._rows + rows))
        self._rows += rows
        self.mean += difference * (rows / self._rows)


def _moments(block: scipy.sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """Mean, and sum of squares around it, of each column: the stored values, then the zeros."""
    rows, width = block.shape
    values = block.data.astype(np.float64)
    mean = np.bincount(block.indices, values, minlength=width) / rows
    stored = np.bincount(block.indices, minlength=width)
    squares = np.bincount(block.indices, (values - mean[block.indices]) ** 2, minlength=width)
    return mean, squares + (rows - stored) * mean**2
