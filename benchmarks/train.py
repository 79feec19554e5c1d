"""Training speed: ours, and beside it what a user would write in plain Keras or PyTorch.

    python -m benchmarks.train [--models img_bow,vis_lstm,2_vis_blstm] [--peers] [--folder DIR]

Each contender is a process of its own; they take turns. PyTorch needs `pip install torch`.
"""

import statistics
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from benchmarks.contenders import BATCH_SIZE, TRAIN
from benchmarks.full_size import DEFAULT_FOLDER, full_size_data
from benchmarks.race import gemm, race
from benchmarks.roofline import training_operations
from benchmarks.table import print_race

MODELS = "img_bow,vis_lstm,2_vis_blstm"


def main(
    models: Annotated[str, Option(help="Models, comma-separated.")] = MODELS,
    peers: Annotated[bool, Option("--peers", help="Run plain Keras and PyTorch beside ours.")] = False,
    turns: Annotated[int, Option(help="Turns of each contender; the median counts.")] = 7,
    seconds: Annotated[float, Option(help="Seconds of a turn.")] = 4.0,
    folder: Annotated[Path, Option(help="Folder of the full-size data.")] = DEFAULT_FOLDER,
) -> None:
    """Print examples per second, the ratio of ours to each peer, and the share of the GEMM roofline."""
    data = full_size_data(folder)
    print(f"Training, batch {BATCH_SIZE}")
    for model in models.split(","):
        contenders = {
            name: (prepare, (model, data)) for name, prepare in TRAIN.items() if peers or name == "ours"
        }
        rates = race({**contenders, "GEMM": (gemm, ())}, turns, seconds)
        products = rates.pop("GEMM")
        operations = training_operations(model, data)
        shares = {
            name: statistics.median(
                rate * operations / gemm for rate, gemm in zip(own, products, strict=True)
            )
            for name, own in rates.items()
        }
        print_race(f"{model} (GEMM {statistics.median(products) / 1e9:.0f} GFLOP/s)", rates, shares)


if __name__ == "__main__":
    typer.run(main)
