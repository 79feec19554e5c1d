"""How far runs drift apart that differ in threads, in oneDNN, or in precision; and whether equal ones do.

    python -m benchmarks.determinism [--epochs 10] [--model img_bow] [--model vis_lstm]

The demo data, one round without validation. Each run is a process of its own, and is compared with the first.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from typer import Option

from benchmarks.process import in_own_process
from cocoqa_keras.training.reporter import SilentReporter

STOP_AT_ONCE = 1e9  # as the loss that ends training: any loss is below it


@dataclass(frozen=True)
class Settings:
    """What two runs of equal seed may differ in."""

    threads: int = 2  # intra-op
    onednn: bool = True
    dtype: str = "float32"


RUNS = {
    "2 threads": Settings(),
    "the same again": Settings(),
    "1 thread": Settings(threads=1),
    "4 threads": Settings(threads=4),
    "without oneDNN": Settings(onednn=False),
    "float64": Settings(dtype="float64"),
}


@dataclass(frozen=True)
class Stretch:
    """What training for some time came to.

    Attributes:
        weights: of the model, in order.
        loss: the training loss of the last record.
        rate: of the test part.
    """

    weights: list[np.ndarray]
    loss: float
    rate: float


def train(model: str, settings: Settings, epochs: int) -> list[Stretch]:
    """Trains for a batch, an epoch, and some epochs; to be called in a fresh process."""
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS=str(int(settings.onednn)))
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(settings.threads)
    keras.config.set_floatx(settings.dtype)
    keras.config.set_dtype_policy(settings.dtype)
    lengths = ({"stepSize": 1, "stopCost": STOP_AT_ONCE}, {"numEpoch": 1}, {"numEpoch": epochs})
    return [_train_for(model, length) for length in lengths]


def _train_for(model: str, length: dict[str, float]) -> Stretch:
    from cocoqa_keras.data.dataset import load_dataset
    from cocoqa_keras.data.demo import FEATURES_FILE, demo_folder
    from cocoqa_keras.data.features import SparseFeatures
    from cocoqa_keras.models.zoo import find_model
    from cocoqa_keras.spec import TrainingConfig, load_spec
    from cocoqa_keras.training.trainer import Trainer

    spec, demo = load_spec(find_model(model)), demo_folder()
    config = TrainingConfig(needValid=False, plotFigs=False, **length)
    with tempfile.TemporaryDirectory() as output, SparseFeatures(demo / FEATURES_FILE) as features:
        trainer = Trainer(
            spec,
            load_dataset(demo / "cocoqa"),
            features,
            config,
            output,
            exports=False,
            tensorboard=False,
            reporter=SilentReporter(),
        )
        round_ = trainer.train_only_round()
        summary = json.loads((round_.folder.path / "run.json").read_text())
    weights = [weight.numpy() for weight in round_.training.model.trainable_variables]
    return Stretch(weights, round_.records[-1].training_loss, summary["test"]["rate"])


def largest_drift(weights: list[np.ndarray], expected: list[np.ndarray]) -> float:
    """The norm of the difference of two weights over the norm of the weight; the largest of all weights."""
    return max(
        float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))
        for ours, theirs in zip(weights, expected, strict=True)
    )


def _table(model: str, epochs: int) -> Table:
    columns = [
        f"{what}, {long}"
        for what in ("weights", "loss")
        for long in ("1 batch", "1 epoch", f"{epochs} epochs")
    ]
    return Table(
        "run", *columns, "test rate", title=f"{model}: drift from the first run", title_justify="left"
    )


def _row(stretches: list[Stretch], first: list[Stretch]) -> list[str]:
    pairs = list(zip(stretches, first, strict=True))
    drifts = [largest_drift(ours.weights, other.weights) for ours, other in pairs]
    drifts += [abs(ours.loss / other.loss - 1) for ours, other in pairs]
    return [f"{drift:.0e}" if drift else "0" for drift in drifts] + [f"{stretches[-1].rate:.4f}"]


def main(
    epochs: Annotated[int, Option(min=2, help="Epochs of the longest run.")] = 10,
    model: Annotated[list[str] | None, Option(help="Models to train.")] = None,
) -> None:
    """Print how far each run is from the first, relative to it: weights, training loss, test rate."""
    for name in model or ("img_bow", "vis_lstm"):
        table = _table(name, epochs)
        first = None
        for title, settings in RUNS.items():
            stretches = in_own_process(train, name, settings, epochs)
            first = first or stretches
            table.add_row(title, *_row(stretches, first))
        Console(width=110).print(table)


if __name__ == "__main__":
    typer.run(main)
