"""Reading image features: time to open, rows a second, and memory, as the number of images grows.

    python -m benchmarks.features [--folder DIR]

Reads batches of 100 random rows of files of 10 thousand to a million images (4096 features, of which 110 are
not zero, so that a million images take 0.9 GB of disk), and of the full-size file. Each file is read in a
process of its own, which goes through it once, as training does, so that it lies in the system's cache if
there is room. Reads /proc, so it runs on Linux only.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import h5py
import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from typer import Option

from benchmarks.full_size import DEFAULT_FOLDER, FEATURE_WIDTH, FEATURES_FILE, full_size_data
from benchmarks.process import in_own_process, resident_memory
from cocoqa_keras.data.features import SparseFeatures

IMAGES = (10_000, 100_000, 1_000_000)
STORED = 110  # values of a row that are not zero
BATCH_SIZE = 100
BATCHES = 300
SLOWEST_RATE = 20_000  # rows a second, of the full-size file


@dataclass(frozen=True)
class Reading:
    """What reading a file takes.

    Attributes:
        images: rows of the file.
        opening: seconds to open it.
        batch: median milliseconds of a batch.
        rate: rows a second, sustained over all batches.
        memory: gigabytes by which memory has grown after all batches.
    """

    images: int
    opening: float
    batch: float
    rate: float
    memory: float


def measure(path: Path) -> Reading:
    """Opens a file and reads random batches, in this process."""
    before, start = resident_memory(), time.perf_counter()
    features = SparseFeatures(path)
    opening = time.perf_counter() - start
    features.check()
    random = np.random.default_rng(0)
    seconds = []
    for _ in range(BATCHES):
        rows = random.integers(0, len(features), BATCH_SIZE)
        start = time.perf_counter()
        features.read(rows)
        seconds.append(time.perf_counter() - start)
    return Reading(
        images=len(features),
        opening=opening,
        batch=1000 * float(np.median(seconds)),
        rate=BATCH_SIZE * BATCHES / sum(seconds),
        memory=resident_memory() - before,
    )


def _files(folder: Path) -> Iterator[Path]:
    """Files of more and more images, one at a time on disk, then the full-size file."""
    for images in IMAGES:
        with tempfile.TemporaryDirectory() as temporary:
            path = Path(temporary) / FEATURES_FILE
            _write(path, images)
            yield path
    full_size_data(folder)
    yield folder / FEATURES_FILE


def _write(path: Path, images: int) -> None:
    random = np.random.default_rng(0)
    block = 10_000
    with h5py.File(path, "w") as file:
        data = file.create_dataset("hidden7_data", (images * STORED,), np.float32)
        indices = file.create_dataset("hidden7_indices", (images * STORED,), np.int32)
        for start in range(0, images * STORED, block * STORED):
            columns = random.integers(0, FEATURE_WIDTH // STORED, (block, STORED))
            columns += np.arange(STORED) * (FEATURE_WIDTH // STORED)
            indices[start : start + block * STORED] = columns.ravel()
            data[start : start + block * STORED] = random.random(block * STORED, np.float32)
        file["hidden7_indptr"] = np.arange(images + 1) * STORED
        file["hidden7_shape"] = np.array([images, FEATURE_WIDTH])


def main(folder: Annotated[Path, Option(help="Folder of the full-size data.")] = DEFAULT_FOLDER) -> None:
    """Print what reading takes for each number of images."""
    table = Table(
        *("images", "opening", "a batch of 100", "rows/s", "memory"),
        title=f"Reading features (bar: {SLOWEST_RATE} rows/s)",
        title_justify="left",
    )
    for path in _files(folder):
        reading = in_own_process(measure, path)
        stored = "" if reading.images in IMAGES else ", 1106 values a row"
        table.add_row(
            f"{reading.images}{stored}",
            f"{1000 * reading.opening:.0f} ms",
            f"{reading.batch:.2f} ms",
            f"{reading.rate:.0f}",
            f"{1000 * reading.memory:.0f} MB",
        )
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
