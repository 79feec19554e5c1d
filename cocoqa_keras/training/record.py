"""The record of a training run: one entry an epoch, its line on screen and its row in the `.csv`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cocoqa_keras.files import write_text


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


def write_csv(path: Path, records: Sequence[Record]) -> None:
    """Writes epoch, TE, TR, VE, VR, a row a record."""
    rows = ["epoch,TE,TR,VE,VR"]
    rows += [
        f"{r.epoch},{r.training_loss:.10g},{r.training_rate:.10g},{r.validation_loss:.10g},{r.validation_rate:.10g}"
        for r in records
    ]
    write_text(path, "\n".join(rows) + "\n")
