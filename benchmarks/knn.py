"""K-NN at COCO-QA's size: time, peak memory, and the share of the machine's rate of matrix products.

    python -m benchmarks.knn [--full] [--folder DIR] [--questions DIR]

Finds the 13 nearest of 70 863 training examples (4596 numbers each) for some thousand test questions at a
time, in turns with large matrix products, and extrapolates to all 38 948; `--full` asks them all. Each turn
is a process of its own, whose memory is read from /proc: on Linux only. The rate counts two operations for
each of the numbers of each pair of examples, needed or not: images that occur more than once make it higher
than that of the matrix products.

With `--questions` the questions are those of an encoded data set, such as COCO-QA's own; the features stay
random.
"""

import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from typer import Option

from benchmarks.contenders import WIDTH
from benchmarks.full_size import DEFAULT_FOLDER, FEATURES_FILE, full_size_data
from benchmarks.process import in_own_process, peak_memory
from benchmarks.race import gemm
from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.data.features import SparseFeatures

K = 13  # the paper's
SHARE = 4096  # test questions of a turn
LARGEST_MEMORY, LEAST_SHARE = 2.0, 0.5


@dataclass(frozen=True)
class Search:
    """What finding the neighbours of some test questions takes.

    Attributes:
        questions: how many.
        seconds: to find their neighbours.
        operations: of the matrix product of all pairs.
        memory: most gigabytes of the process, everything in it counted.
        imports: gigabytes before the data are loaded.
    """

    questions: int
    seconds: float
    operations: float
    memory: float
    imports: float


def search(questions: Path, features: Path, count: int | None) -> Search:
    """Finds the neighbours of test questions; to be called in a fresh process.

    Args:
        questions: folder of the encoded data.
        features: file of the image features.
        count: how many test questions; None for all.
    """
    from cocoqa_keras.baselines.knn import NearestNeighbors

    imports = peak_memory()
    dataset = load_dataset(questions)
    random = np.random.default_rng(0)
    vectors = random.uniform(-0.5, 0.5, (dataset.vocabulary_size, WIDTH)).astype(np.float32)
    with SparseFeatures(features) as rows:
        knn = NearestNeighbors(dataset.train, dataset.answer_count, vectors, rows)
        split = dataset.test.take(slice(count))
        start = time.perf_counter()
        knn.neighbors(split, K)
        seconds = time.perf_counter() - start
        operations = 2.0 * len(split) * len(dataset.train) * (WIDTH + rows.shape[1])
    return Search(len(split), seconds, operations, peak_memory(), imports)


def _gemm_rate(seconds: float) -> float:
    work, start, done = gemm(), time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        done += work()
    return done / (time.perf_counter() - start)


def main(
    folder: Annotated[Path, Option(help="Folder of the full-size data.")] = DEFAULT_FOLDER,
    questions: Annotated[Path | None, Option(help="Encoded data to take the questions from.")] = None,
    turns: Annotated[int, Option(help="Turns; the median counts.")] = 3,
    full: Annotated[bool, Option("--full", help="Ask all test questions, in one turn.")] = False,
) -> None:
    """Print what K-NN takes, beside the machine's rate of matrix products."""
    questions = questions or full_size_data(folder)
    total = len(load_dataset(questions).test)
    table = Table("questions", "seconds", "for all", "GFLOP/s", "GEMM", "ratio", "memory", "imports alone")
    ratios, memory = [], []
    _gemm_rate(1)  # warm
    for _ in range(1 if full else turns):
        before = _gemm_rate(2)
        found = in_own_process(search, questions, folder / FEATURES_FILE, None if full else SHARE)
        machine = (before + _gemm_rate(2)) / 2
        rate = found.operations / found.seconds
        ratios.append(rate / machine)
        memory.append(found.memory)
        table.add_row(
            str(found.questions),
            f"{found.seconds:.1f}",
            f"{found.seconds * total / found.questions:.0f}",
            f"{rate / 1e9:.0f}",
            f"{machine / 1e9:.0f}",
            f"{ratios[-1]:.2f}",
            f"{found.memory:.2f} GB",
            f"{found.imports:.2f} GB",
        )
    table.add_section()
    table.add_row("median", "", "", "", "", f"{statistics.median(ratios):.2f}", f"{max(memory):.2f} GB")
    table.add_row("bar", "", "", "", "", f"{LEAST_SHARE}", f"{LARGEST_MEMORY:.2f} GB")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
