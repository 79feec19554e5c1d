"""One round of training, record by record."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import keras
import numpy as np
import tensorflow as tf

from cocoqa_keras.data.pipeline import BatchReader, EpochOrders
from cocoqa_keras.evaluation.predictor import Predictor
from cocoqa_keras.models.decisions import decided_answers
from cocoqa_keras.spec.training_config import TrainingConfig
from cocoqa_keras.training.costs import by_example
from cocoqa_keras.training.divergence import DivergenceGuard
from cocoqa_keras.training.progress import Progress
from cocoqa_keras.training.record import Record
from cocoqa_keras.training.reporter import Reporter
from cocoqa_keras.training.step import TrainingStep
from cocoqa_keras.training.weighted_split import example_weights_of


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
        on_nan: what to do about a batch whose loss or gradient is not finite, `stop` or `skip`.
    """

    model: keras.Model
    train: BatchReader
    validation: BatchReader | None
    config: TrainingConfig
    random: np.random.RandomState
    reporter: Reporter
    decision: str = "argmax"
    on_nan: str = "stop"

    @cached_property
    def guard(self) -> DivergenceGuard:
        """Looks after what is not finite."""
        return DivergenceGuard(self.model, self.train, self.on_nan, self.reporter)

    @property
    def steps_per_epoch(self) -> int:
        """Batches of an epoch, the smaller last one included."""
        return math.ceil(len(self.train.split) / self.config.batch_size)

    def records(self, progress: Progress, after_batch: Callable[[], None]) -> Iterator[Record]:
        """Trains epoch by epoch; the weights change between one record and the next.

        Args:
            progress: where to go on, with the model as it was there; it is kept up to date.
            after_batch: called where `progress`, model and optimizer agree, to save them or to end.

        Raises:
            InputError: unreadable data.
            DivergenceError: a loss, a gradient or a weight that is not finite.
        """
        started = time.monotonic() - progress.seconds
        step = TrainingStep(self.model, self.train.weights is not None, self.decision)
        predictor = Predictor(self.model)
        batches = self._batches_from(progress.epoch, progress.step)

        def batch_done() -> None:
            progress.seconds = time.monotonic() - started
            after_batch()

        while progress.epoch < self.config.num_epoch:
            loss, right_rate = self._train(step, batches, progress, batch_done)
            self.model.optimizer.settle()
            self.guard.check_weights(f"epoch {progress.epoch}")
            validation = self._validate(predictor, progress.epoch)
            record = Record(progress.epoch, time.monotonic() - started, loss, right_rate, *validation)
            progress.begin_stretch(self.steps_per_epoch)
            yield record

    def _batches_from(self, epoch: int, step: int) -> Iterator:
        """The batches of an epoch from a step on, and all those after it."""
        orders = EpochOrders(len(self.train.split), self.config.shuffle, self.random)
        done = step * self.config.batch_size

        def order_of(later: int) -> np.ndarray:
            order = orders(epoch + later)
            return order if later else order[done:]

        return self.train.iterate(order_of, self.config.num_epoch - epoch, self.config.batch_size)

    def _train(
        self, step: TrainingStep, batches: Iterator, progress: Progress, batch_done: Callable[[], None]
    ) -> tuple[float, float]:
        """Trains until a record is due: mean loss and rate since the last, skipped batches left out."""
        length = self.config.step_size or self.steps_per_epoch
        end = min(progress.recorded_step + length, self.steps_per_epoch)
        while progress.step < end:
            batch = next(batches)
            size = min(self.config.batch_size, len(self.train.split) - progress.step * self.config.batch_size)
            loss, right = step(*batch, size=size)
            if math.isfinite(loss):
                progress.add_batch(float(loss), int(right), size)
            else:
                where = f"epoch {progress.epoch}, batch {progress.step + 1} of {self.steps_per_epoch}"
                self.guard.skip(batch, where)
                progress.skip_batch()
            self.reporter.progress(f"epoch {progress.epoch}", progress.step, self.steps_per_epoch)
            batch_done()
        self.guard.check_stretch(f"epoch {progress.epoch}", progress.skipped, end - progress.recorded_step)
        loss = np.average(np.array(progress.losses, np.float64), weights=progress.sizes)
        return float(loss), sum(progress.rights) / sum(progress.sizes)

    def _validate(self, predictor: Predictor, epoch: int) -> tuple[float, float]:
        """Loss and rate on the validation examples; zeros where there are none."""
        if self.validation is None:
            return 0.0, 0.0
        outputs = predictor.predict(self.validation)
        answers, weights = self.validation.split.answers, example_weights_of(self.validation.split)
        costs = by_example(self.model.loss)(answers, outputs, sample_weight=weights)
        loss = float(tf.reduce_mean(costs))
        self.guard.check_validation(f"epoch {epoch}", loss, outputs, self.validation)
        return loss, float(np.mean(decided_answers(self.decision, outputs) == answers))
