"""How the cost of a training step grows with words, batch, vocabulary, answers and threads.

    python -m benchmarks.scaling [--steps 30] [--plot FILE.png]

Random questions of a given length on random features in memory; one size changes, the others stay at
COCO-QA's. Each point is a process of its own.
"""

import os
import statistics
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from typer import Option

from benchmarks.process import in_own_process
from cocoqa_keras.files import atomic_path

FEATURES = 4096
COMMON_WORDS = 9738
MODELS = ("img_bow", "vis_lstm")


@dataclass(frozen=True)
class Sizes:
    """What a step's cost may depend on."""

    words: int = 9  # of each question
    batch: int = 100
    vocabulary: int = 9738
    answers: int = 431
    threads: int = 2


GROWTH = {
    "words": (8, 16, 32, 54),
    "batch": (32, 100, 316, 1024),
    "vocabulary": (10_000, 100_000, 1_000_000),
    "answers": (431, 2_000, 10_000),
    "threads": (1, 2),
}


def measure(model: str, sizes: Sizes, steps: int) -> float:
    """Median milliseconds of a training step, in this process."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(sizes.threads)
    tf.config.threading.set_inter_op_parallelism_threads(sizes.threads)
    from cocoqa_keras.models.builder import build_model
    from cocoqa_keras.models.sizes import DatasetInfo
    from cocoqa_keras.models.zoo import find_model
    from cocoqa_keras.spec import load_spec
    from cocoqa_keras.training.costs import cost_of
    from cocoqa_keras.training.optimizer import StagewiseSGD
    from cocoqa_keras.training.step import TrainingStep

    statistic = np.ones(FEATURES, np.float32)
    info = DatasetInfo(sizes.vocabulary, sizes.answers, 55, 1000, FEATURES, 0.5 * statistic, statistic)
    spec = load_spec(find_model(model))
    network = build_model(spec, info)
    network.compile(StagewiseSGD.from_spec(spec), cost_of(spec), jit_compile=False)
    step = TrainingStep(network)
    random = np.random.default_rng(0)
    seconds = []
    for _ in range(steps + 5):
        # The words of a language: few of them make up most of a text. As many different ones, whatever the
        # vocabulary, so that nothing but its size changes.
        ranks = np.minimum(random.zipf(1.2, (sizes.batch, sizes.words)), COMMON_WORDS)
        words = ranks * (sizes.vocabulary // COMMON_WORDS)
        image = np.maximum(random.standard_normal((sizes.batch, FEATURES), np.float32) - 0.6, 0)
        batch = {"question": tf.constant(words, tf.int32), "image": tf.constant(image)}
        answers = tf.constant(random.integers(0, sizes.answers, sizes.batch), tf.int32)
        start = time.perf_counter()
        float(step(batch, answers)[0])
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds[5:])


def main(
    steps: Annotated[int, Option(help="Steps of each point; the median counts.")] = 30,
    plot: Annotated[Path | None, Option(help="Draw the growth into this file.")] = None,
) -> None:
    """Print milliseconds a step for each size."""
    table = Table("size", *MODELS, title="milliseconds a step", title_justify="left")
    curves: dict[str, dict[str, list[float]]] = {}
    for size, values in GROWTH.items():
        for value in values:
            row = []
            for model in MODELS:
                row.append(in_own_process(measure, model, replace(Sizes(), **{size: value}), steps))
                curves.setdefault(size, {}).setdefault(model, []).append(row[-1])
            table.add_row(f"{size} {value}", *(f"{figure:.1f}" for figure in row))
    Console().print(table)
    if plot:
        _draw(plot, curves)


def _draw(path: Path, curves: dict[str, dict[str, list[float]]]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 2.8), layout="constrained")
    FigureCanvasAgg(figure)
    all_axes = figure.subplots(1, len(curves), sharey=True)
    for axes, (size, by_model) in zip(all_axes, curves.items(), strict=True):
        for model, figures in by_model.items():
            axes.plot(GROWTH[size], figures, marker="o", label=model)
        axes.set(title=size, xscale="log", yscale="log", ylim=(5, 1000))
        axes.set_xticks(GROWTH[size], [f"{value:,}".replace(",", " ") for value in GROWTH[size]])
        axes.set_yticks((10, 30, 100, 300, 1000), ("10", "30", "100", "300", "1000"))
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    all_axes[0].set_ylabel("ms a step")
    all_axes[0].legend(frameon=False, loc="upper left")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)


if __name__ == "__main__":
    typer.run(main)
