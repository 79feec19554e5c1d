"""Checks of the image features, by themselves and against a data set."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from cocoqa_keras.data.column_moments import ColumnMoments
from cocoqa_keras.data.features import BLOCK_ROWS, SparseFeatures
from cocoqa_keras.data.verification.findings import Doubt
from cocoqa_keras.errors import InputError

_TOLERANCE = 1e-5  # between the stored statistics and those of the rows, relative where they are above 1


class FeaturesUnderTest:
    """Image features, and what their rows come to once they have been gone through.

    Args:
        features: the open file.
        image_names: the data set's images, or None where the data set cannot be read.

    Attributes:
        moments: mean and standard deviation, or None until all rows have been found good.
        empty_rows: the rows without a single value.
    """

    def __init__(self, features: SparseFeatures, image_names: Sequence[str] | None) -> None:
        self.features = features
        self.image_names = image_names
        self.moments: ColumnMoments | None = None
        self.empty_rows: list[int] = []

    def go_through(self) -> None:
        """Reads all rows once.

        Raises:
            InputError: a row is damaged.
        """
        moments = ColumnMoments(self.features.shape[1])
        for number, block in enumerate(self.features.blocks()):
            first_row = number * BLOCK_ROWS
            self._check_order(first_row, block.indices, block.indptr)
            moments.add(block)
            self.empty_rows += (first_row + np.flatnonzero(np.diff(block.indptr) == 0)).tolist()
        self.moments = moments

    def _check_order(self, first_row: int, columns: np.ndarray, bounds: np.ndarray) -> None:
        is_ascending = columns[1:] > columns[:-1]
        starts = bounds[1:-1]  # where a column may be smaller than the one before: it is of another row
        is_ascending[starts[(starts > 0) & (starts < len(columns))] - 1] = True
        if not is_ascending.all():
            place = is_ascending.argmin()
            row = first_row + np.searchsorted(bounds, place, side="right") - 1
            raise InputError(
                f"{self.features.path}: row {row} (image id {row + 1}) has its column {columns[place + 1]} "
                "twice or out of order; fetch or make the file anew"
            )


def _check_images(subject: FeaturesUnderTest) -> str:
    if subject.image_names is None:
        return "the data set's own cannot be read"
    subject.features.check_images(subject.image_names)
    return f"as many rows as images, {len(subject.features)}"


def _check_values(subject: FeaturesUnderTest) -> str:
    subject.go_through()
    return "finite, in the columns that there are, and in order"


def _check_statistics(subject: FeaturesUnderTest) -> str:
    features, moments = subject.features, subject.moments
    if features.mean is None or features.std is None:
        raise Doubt(
            f"{features.path} has no mean and std, which models with a normalize stage need; "
            "make it anew with: cocoqa-data features"
        )
    if moments is None:
        return "not compared: the values are damaged"
    for name, stored, computed in (
        ("mean", features.mean, moments.mean),
        ("std", features.std, moments.std),
    ):
        difference = np.abs(stored - computed) / np.maximum(1, np.abs(computed))
        if difference.max() > _TOLERANCE:
            column = difference.argmax()
            raise InputError(
                f"{features.path}: the {name} of column {column} is {computed[column]:.6g}, and the file "
                f"says {stored[column]:.6g}; fetch or make the file anew"
            )
    return "mean and std are those of the rows"


def _check_empty_rows(subject: FeaturesUnderTest) -> str:
    if subject.empty_rows:
        row = subject.empty_rows[0]
        raise Doubt(
            f"{subject.features.path}: {len(subject.empty_rows)} images have no features at all, the first "
            f"is row {row} (image id {row + 1}); see whether its picture could be read"
        )
    return "each image has features" if subject.moments else "not counted: the values are damaged"


FEATURES_CHECKS: Mapping[str, Callable[[FeaturesUnderTest], str]] = {
    "features' images": _check_images,
    "features' values": _check_values,
    "features' statistics": _check_statistics,
    "features' rows": _check_empty_rows,
}
