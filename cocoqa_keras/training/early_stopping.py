"""When a round of training ends."""

from dataclasses import dataclass

import numpy as np

from cocoqa_keras.training.record import Record


@dataclass
class EarlyStopping:
    """Keeps track of the best validation and says when to stop.

    A round with validation stops after more than `patience` validations without a better one; a round
    with a stop score stops once its training score is below it. A score is the loss, or one minus the
    rate, so lower is better.

    Attributes:
        criterion: `loss` or `rate`.
        patience: validations without a better one that are endured.
        stop_score: end once the training score is below it.
        stop_cost: end once the training loss is below it.
        since_best: validations since the best.
        best_score: the best validation score so far.
        training_score: the training score at the best validation, the stop score of a second round.

    Reference:
        The 2015 program's two rounds of training.
    """

    criterion: str = "loss"
    patience: int = 10
    stop_score: float | None = None
    stop_cost: float = 0.0
    since_best: int = 0
    best_score: float = np.inf
    training_score: float | None = None

    def is_better(self, record: Record) -> bool:
        """Takes a validation in; whether it is strictly better than all before."""
        score = self._score(record.validation_loss, record.validation_rate)
        if not score < self.best_score:
            self.since_best += 1
            return False
        self.since_best = 0
        self.best_score = score
        self.training_score = self._score(record.training_loss, record.training_rate)
        return True

    def reason_to_stop(self, record: Record) -> str | None:
        """Why training ends after this record, or None."""
        training_score = self._score(record.training_loss, record.training_rate)
        if self.since_best > self.patience:
            return f"no better validation for {self.since_best} records"
        if self.stop_score is not None and training_score < self.stop_score:
            return f"the training score is below {self.stop_score:.4f}"
        if record.training_loss < self.stop_cost:
            return f"the training loss is below {self.stop_cost:.4f}"
        return None

    def _score(self, loss: float, rate: float) -> float:
        return loss if self.criterion == "loss" else 1 - rate
