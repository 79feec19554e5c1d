"""Files of example weights: `PREFIX-train.npy` and `PREFIX-valid.npy`, float64 (N,)."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.formats import read_array, write_array
from cocoqa_keras.data.split import Split
from cocoqa_keras.errors import InputError
from cocoqa_keras.files import atomic_path
from cocoqa_keras.training.weighted_split import WeightedSplit


def trained_parts(dataset: Dataset) -> dict[str, Split]:
    """The parts whose examples can be weighed: `train`, and `valid` where there is one."""
    return {name: split for name, split in dataset.splits() if name != "test"}


def weigh_examples(dataset: Dataset, prefix: str | Path) -> Dataset:
    """The data set with the weights of `read_example_weights` at its examples."""
    weights = read_example_weights(prefix, dataset)
    return replace(
        dataset, **{name: WeightedSplit.of(dataset.split(name), weights[name]) for name in weights}
    )


def read_example_weights(prefix: str | Path, dataset: Dataset) -> dict[str, np.ndarray]:
    """Reads the weights of a data set's examples.

    Args:
        prefix: what the names of the files begin with; there is a file for each part of `trained_parts`.
        dataset: the data set.

    Returns:
        for each part, float64 (N,), in order of its examples.

    Raises:
        InputError: a file is missing or damaged, or is not a list of such weights.
    """
    return {name: _read(path_of(prefix, name), len(split)) for name, split in trained_parts(dataset).items()}


def write_example_weights(prefix: str | Path, weights: Mapping[str, np.ndarray]) -> None:
    """Writes what `read_example_weights` reads; no file changes before all are written."""
    with ExitStack() as files:
        for name, values in weights.items():
            path = files.enter_context(atomic_path(path_of(prefix, name)))
            write_array(path, np.asarray(values, np.float64))


def path_of(prefix: str | Path, part: str) -> Path:
    """The file of the weights of a part."""
    return Path(f"{prefix}-{part}.npy")


def _read(path: Path, count: int) -> np.ndarray:
    weights = read_array(path)
    if weights.dtype.kind not in "iuf" or weights.shape != (count,):
        raise InputError(
            f"{path}: expected a weight for each of the {count} examples, "
            f"found {weights.dtype} of shape {weights.shape}"
        )
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        example = wrong.argmax()
        raise InputError(
            f"{path}: example {example} has the weight {weights[example]}; "
            f"weights are finite and not negative"
        )
    if not weights.any():
        raise InputError(f"{path}: all weights are 0; some example has to count")
    return weights.astype(np.float64)
