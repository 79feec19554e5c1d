"""The curves of a run, as pictures."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cocoqa_keras.files import atomic_path
from cocoqa_keras.training.record import Record


def plot_loss(path: Path, records: Sequence[Record]) -> None:
    """Draws training and validation loss by epoch."""
    _plot(path, "loss", [r.training_loss for r in records], [r.validation_loss for r in records], records)


def plot_error(path: Path, records: Sequence[Record]) -> None:
    """Draws training and validation error, one minus the rate of right answers, by epoch."""
    training = [1 - r.training_rate for r in records]
    _plot(path, "error", training, [1 - r.validation_rate for r in records], records)


def _plot(
    path: Path, quantity: str, training: list[float], validation: list[float], records: Sequence[Record]
) -> None:
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    per_epoch = max(1, sum(r.epoch == records[0].epoch for r in records))
    epochs = [(index + 1) / per_epoch for index in range(len(records))]
    marker = "o" if len(records) == 1 else None
    axes.plot(epochs, training, label="training (dropout on)", color="tab:blue", marker=marker)
    if any(r.validation_loss for r in records):
        axes.plot(epochs, validation, label="validation", color="tab:orange", marker=marker)
    axes.set(xlabel="epochs", ylabel=quantity, ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120)
