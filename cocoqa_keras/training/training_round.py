"""One round of training, record by record."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np

from cocoqa_keras.data.pipeline import BatchReader, EpochOrders
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.predictor import Predictor
from cocoqa_keras.models.decisions import decided_answers
from cocoqa_keras.spec.training_config import TrainingConfig
from cocoqa_keras.training.record import Record
from cocoqa_keras.training.reporter import Reporter
from cocoqa_keras.training.step import TrainingStep
from cocoqa_keras.training.weighted_split import weights_of


@dataclass(frozen=True)
class TrainingRound:
    """Trains a compiled model on one set of examples.

    Attributes:
        model: a model of `build_model`, compiled.
        train: the examples to train on.
        validation: the examples to validate on, or None.
        config: lengths, batches, shuffling.
        random: where the permutations of the examples come from.
        reporter: is told how far each epoch is.
        decision: what makes answers of the outputs, a name in `DECISIONS`.
    """

    model: keras.Model
    train: BatchReader
    validation: BatchReader | None
    config: TrainingConfig
    random: np.random.RandomState
    reporter: Reporter
    decision: str = "argmax"

    @property
    def steps_per_epoch(self) -> int:
        """Batches of an epoch, the smaller last one included."""
        return math.ceil(len(self.train.split) / self.config.batch_size)

    def records(self) -> Iterator[Record]:
        """Trains epoch by epoch; the weights change between one record and the next.

        Raises:
            InputError: unreadable data, or a loss that is not a finite number.
        """
        started = time.monotonic()
        step = TrainingStep(self.model, self.train.weights is not None, self.decision)
        predictor = Predictor(self.model)
        orders = EpochOrders(len(self.train.split), self.config.shuffle, self.random)
        batches = self.train.iterate(orders, self.config.num_epoch, self.config.batch_size)
        for epoch in range(self.config.num_epoch):
            for steps in self._stretches():
                loss, right_rate = self._train(step, batches, epoch, steps)
                self.model.optimizer.settle()
                validation = self._validate(predictor)
                yield Record(epoch, time.monotonic() - started, loss, right_rate, *validation)

    def _stretches(self) -> Iterator[range]:
        """The steps of an epoch, cut where a record is due."""
        length = self.config.step_size or self.steps_per_epoch
        for start in range(0, self.steps_per_epoch, length):
            yield range(start, min(start + length, self.steps_per_epoch))

    def _train(self, step: TrainingStep, batches: Iterator, epoch: int, steps: range) -> tuple[float, float]:
        """Mean loss and rate over some steps."""
        losses, rights, sizes = [], [], []
        for index in steps:
            batch = next(batches)
            loss, right = step(*batch)
            losses.append(loss)
            rights.append(right)
            sizes.append(int(batch[1].shape[0]))
            self.reporter.progress(f"epoch {epoch}", index + 1, self.steps_per_epoch)
        total = np.average(np.array(losses, np.float64), weights=sizes)
        if not math.isfinite(total):
            raise InputError(
                f"the loss is {total} in epoch {epoch}: the weights have run away; lower the learning rates "
                f"or set a gradient clip"
            )
        return float(total), int(np.sum(rights)) / sum(sizes)

    def _validate(self, predictor: Predictor) -> tuple[float, float]:
        """Loss and rate on the validation examples; zeros where there are none."""
        if self.validation is None:
            return 0.0, 0.0
        outputs = predictor.predict(self.validation)
        answers, weights = self.validation.split.answers, weights_of(self.validation.split)
        loss = float(self.model.loss(answers, outputs, sample_weight=weights))
        return loss, float(np.mean(decided_answers(self.decision, outputs) == answers))
