"""Options, and values of options, that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Option

DEFAULT_DATA = Path("data/cocoqa")

DataOfRun = Annotated[
    Path | None, Option("--data", help="Folder of the encoded data; by default that of the training.")
]
FeaturesOfRun = Annotated[
    Path | None,
    Option("--features", metavar="FILE.h5", help="Image features (HDF5); by default those of the training."),
]


class Dtype(StrEnum):
    """Precision of the weights and of all arithmetic."""

    FLOAT32 = "float32"
    FLOAT64 = "float64"


class OnNan(StrEnum):
    """What becomes of a training in which a number is not finite."""

    STOP = "stop"
    SKIP = "skip"


class Strategy(StrEnum):
    """Where the replicas of a model are that train together."""

    NONE = "none"
    MIRRORED = "mirrored"
    MULTI_WORKER = "multi_worker"
