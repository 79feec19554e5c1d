"""Evaluation speed: ours, and beside it plain Keras and PyTorch.

    python -m benchmarks.evaluate [--models img_bow,vis_lstm,2_vis_blstm] [--folder DIR]

Each contender is a process of its own; they take turns. PyTorch needs `pip install torch`.
"""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from benchmarks.contenders import EVALUATE, EVALUATION_BATCH_SIZE
from benchmarks.full_size import DEFAULT_FOLDER, full_size_data
from benchmarks.race import race
from benchmarks.table import print_race
from benchmarks.train import MODELS


def main(
    models: Annotated[str, Option(help="Models, comma-separated.")] = MODELS,
    turns: Annotated[int, Option(help="Turns of each contender; the median counts.")] = 5,
    seconds: Annotated[float, Option(help="Seconds of a turn.")] = 4.0,
    folder: Annotated[Path, Option(help="Folder of the full-size data.")] = DEFAULT_FOLDER,
) -> None:
    """Print examples per second, and the ratio of ours to each peer."""
    data = full_size_data(folder)
    print(f"Evaluation, batch {EVALUATION_BATCH_SIZE}")
    for model in models.split(","):
        contenders = {name: (prepare, (model, data)) for name, prepare in EVALUATE.items()}
        print_race(model, race(contenders, turns, seconds))


if __name__ == "__main__":
    typer.run(main)
