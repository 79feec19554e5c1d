"""Values of options that several commands share."""

from enum import StrEnum
from pathlib import Path

DEFAULT_DATA = Path("data/cocoqa")


class Dtype(StrEnum):
    """Precision of the weights and of all arithmetic."""

    FLOAT32 = "float32"
    FLOAT64 = "float64"
