"""Time to the first batch, and memory that training needs, at full size.

    python -m benchmarks.memory [--folder DIR] [--steps 300]

Each model trains in a process of its own, which counts from the moment when everything is imported. Reads
/proc, so it runs on Linux only.
"""

import contextlib
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from typer import Option

from benchmarks.full_size import DEFAULT_FOLDER, full_size_data
from benchmarks.process import in_own_process, peak_memory, resident_memory
from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.models.image_features import open_features
from cocoqa_keras.models.zoo import find_model
from cocoqa_keras.spec import load_spec
from cocoqa_keras.training.reporter import Reporter

MODELS = ("img_bow", "vis_lstm")
LATEST_FIRST_BATCH = 5.0  # seconds
LARGEST_MEMORY = 1.5  # GB


@dataclass(frozen=True)
class Measurement:
    """What training a model took.

    Attributes:
        model: its name.
        first_batch: seconds from the start, with nothing but the imports done, to the first batch trained.
        memory: most gigabytes in memory, above those after importing TensorFlow.
        imports: gigabytes in memory after importing TensorFlow.
    """

    model: str
    first_batch: float
    memory: float
    imports: float


class _EnoughStepsError(Exception):
    """Ends training after the steps that are measured."""


class _Stopwatch(Reporter):
    """Notes when the first batch is trained, and ends training after some steps."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._started = time.perf_counter()
        self.first_batch = 0.0

    def line(self, text: str) -> None:
        """Shows nothing."""

    def progress(self, title: str, done: int, total: int) -> None:
        """Is called after each step."""
        if done == 1:
            self.first_batch = time.perf_counter() - self._started
        if done == min(self._steps, total):
            raise _EnoughStepsError


def measure(model: str, questions: Path, steps: int) -> Measurement:
    """Trains a model as `cocoqa-train` does, for some steps; to be called in a fresh process.

    Args:
        model: name of a model of the package.
        questions: folder of the encoded data.
        steps: batches to train on, at most an epoch.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras  # noqa: F401

    imports = resident_memory()
    from cocoqa_keras.training.trainer import Trainer

    stopwatch = _Stopwatch(steps)
    spec = load_spec(find_model(model))
    with tempfile.TemporaryDirectory() as output, open_features(spec, questions) as features:
        trainer = Trainer(spec, load_dataset(questions), features, output=output, reporter=stopwatch)
        with contextlib.suppress(_EnoughStepsError):
            trainer.train()
    return Measurement(model, stopwatch.first_batch, peak_memory() - imports, imports)


def main(
    folder: Annotated[Path, Option(help="Where the data are kept.")] = DEFAULT_FOLDER,
    steps: Annotated[int, Option(min=1, help="Batches to train on.")] = 300,
) -> None:
    """Measure how soon training starts at full size, and how much memory it takes."""
    questions = full_size_data(folder)
    table = Table(title=f"Training at full size, {steps} steps")
    for heading in ("model", "first batch", "memory above imports", "imports alone"):
        table.add_column(heading, justify="left" if heading == "model" else "right")

    def add_row(title: str, seconds: float, *gigabytes: float) -> None:
        table.add_row(title, f"{seconds:.1f} s", *(f"{size:.2f} GB" for size in gigabytes))

    for model in MODELS:
        measured = in_own_process(measure, model, questions, steps)
        add_row(model, measured.first_batch, measured.memory, measured.imports)
    table.add_section()
    add_row("bar", LATEST_FIRST_BATCH, LARGEST_MEMORY)
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
