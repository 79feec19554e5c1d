"""The record of a training run: one entry an epoch, its line on screen and its row in the `.csv`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from cocoqa_keras.files import write_text
from cocoqa_keras.training.optimizer import StageSettings, StagewiseSGD

GATE_LETTERS = {"input_gate": "I", "forget_gate": "F", "candidate": "Z", "output_gate": "O"}


@dataclass(frozen=True)
class Record:
    """What a stretch of training, by default an epoch, came to.

    Training loss and rate are taken while the weights change, dropout on. Validation figures are 0 in a
    round without validation.

    Attributes:
        epoch: from 0.
        seconds: since the round began.
        training_loss: mean cost over the examples of the stretch.
        training_rate: share of right answers.
        validation_loss: mean cost on the validation examples.
        validation_rate: share of right answers there.
    """

    epoch: int
    seconds: float
    training_loss: float
    training_rate: float
    validation_loss: float = 0.0
    validation_rate: float = 0.0

    @property
    def is_validated(self) -> bool:
        """Whether there was a validation: one without any loss would have right answers."""
        return bool(self.validation_loss or self.validation_rate)

    @property
    def line(self) -> str:
        """The line that is printed."""
        return (
            f"N: {self.epoch:3d} T: {self.seconds:5.0f}  TE: {self.training_loss:8.4f}  "
            f"TR: {self.training_rate:8.4f}  VE: {self.validation_loss:8.4f}  VR: {self.validation_rate:8.4f}"
        )


@dataclass(frozen=True)
class WeightRecord:
    """What a record tells of one weight.

    Attributes:
        name: its stage and, for a gate of an LSTM, a letter: `lstm.I-0`.
        value: the weight, a matrix or a single number.
        norm: Euclidean, of the weight.
        clip: largest norm of the weight; 0 for none.
        gradient_norm: of the last step, before the clip.
        gradient_clip: largest norm of a gradient; 0 for none.
        learning_rate: of the next step.
    """

    name: str
    value: np.ndarray
    norm: float
    clip: float
    gradient_norm: float
    gradient_clip: float
    learning_rate: float

    @property
    def line(self) -> str:
        """The line that is printed."""
        return (
            f"ST: {self.name:>11}  GN: {self.gradient_norm:8.4f}  GC: {self.gradient_clip:8.4f}  "
            f"WN: {self.norm:8.4f}  WC: {self.clip:8.4f}"
        )


def weight_records(optimizer: StagewiseSGD) -> list[WeightRecord]:
    """A record for each weight, as it is now; the optimizer must be settled."""
    return [
        _weight_record(optimizer, *of_weight)
        for of_weight in zip(
            optimizer.weights_updated, optimizer.gradient_norms, optimizer.settings_by_weight, strict=True
        )
    ]


def _weight_record(
    optimizer: StagewiseSGD, weight: keras.Variable, gradient_norm: keras.Variable, settings: StageSettings
) -> WeightRecord:
    value = weight.value.numpy()
    gate = f".{GATE_LETTERS[weight.name]}-0" if weight.name in GATE_LETTERS else ""
    rate, _ = optimizer.rate_and_momentum(settings, optimizer.learning_rate, weight.dtype)
    return WeightRecord(
        name=settings.stage + gate,
        value=value,
        norm=float(np.linalg.norm(value)),
        clip=settings.weight_clip,
        gradient_norm=float(gradient_norm.numpy()),
        gradient_clip=settings.gradient_clip,
        learning_rate=float(rate),
    )


def write_csv(path: Path, records: Sequence[Record]) -> None:
    """Writes epoch, TE, TR, VE, VR, a row a record."""
    rows = ["epoch,TE,TR,VE,VR"]
    rows += [
        f"{r.epoch},{r.training_loss:.10g},{r.training_rate:.10g},{r.validation_loss:.10g},{r.validation_rate:.10g}"
        for r in records
    ]
    write_text(path, "\n".join(rows) + "\n")
