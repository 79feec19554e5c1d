"""What a record of training tells of each weight."""

from dataclasses import dataclass

import keras
import numpy as np

from cocoqa_keras.training.optimizer import StageSettings, StagewiseSGD

GATE_LETTERS = {"input_gate": "I", "forget_gate": "F", "candidate": "Z", "output_gate": "O"}


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
