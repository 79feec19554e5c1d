"""Runs a round of training to its end, and keeps what it would need to go on."""

import shlex
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass

from cocoqa_keras.errors import InputError
from cocoqa_keras.training.autosave import Autosave
from cocoqa_keras.training.distribution import strategy_option
from cocoqa_keras.training.interruption import Interruption
from cocoqa_keras.training.record import Record, write_csv
from cocoqa_keras.training.round_in_progress import RoundInProgress
from cocoqa_keras.training.round_results import RoundResults
from cocoqa_keras.training.tensorboard import TensorBoardLog
from cocoqa_keras.training.tensorboard_hyperparameters import hyperparameters
from cocoqa_keras.training.weight_record import weight_records


@dataclass(frozen=True)
class RoundRunner:
    """Trains, tells and writes each record, saves the state, and leaves the results.

    Attributes:
        round: what is run, from wherever it is.
        results: makes what it leaves at the end; knows model file, settings and reporter.
    """

    round: RoundInProgress
    results: RoundResults

    def run(self) -> None:
        """Trains to the end, unless that is done, and leaves what there is to leave."""
        if self.round.folder.is_finished:
            return
        with self._open_log() as log:
            self._train_to_end(log)
            self._write_record(keep=True)  # what could not be written then is not written by resuming
            self.results.write(self.round, log)

    def save(self) -> None:
        """Writes a checkpoint, unless the weights have become useless."""
        round_ = self.round
        round_.training.guard.check_weights(f"epoch {round_.progress.epoch}")
        round_.folder.checkpoints.save(round_.state(self.results.settings))
        round_.can_go_on = round_.progress.has_begun

    @contextmanager
    def telling_how_to_go_on(self) -> Iterator[None]:
        """Says how to go on with the round when something cuts it short."""
        round_ = self.round
        try:
            yield
        except BaseException:
            if round_.can_go_on and (round_.plan.is_last or round_.folder.find_second() is None):
                command = f"cocoqa-train --resume {shlex.quote(str(round_.folder.path))}{strategy_option()}"
                self.results.reporter.line(f"To go on from the last checkpoint: {command}")
            raise

    def _open_log(self) -> AbstractContextManager[TensorBoardLog | None]:
        is_asked_for = self.results.settings.tensorboard
        return TensorBoardLog(self.round.folder.path / "tensorboard") if is_asked_for else nullcontext()

    def _train_to_end(self, log: TensorBoardLog | None) -> None:
        """Trains until the round ends, and leaves the model with the weights to keep."""
        round_, training, settings = self.round, self.round.training, self.results.settings
        if not round_.progress.has_begun:
            self.results.reporter.line(
                f"{round_.folder.path}: {len(training.train.split)} examples, "
                f"{training.steps_per_epoch} steps an epoch"
            )
            if log is not None:
                shown = hyperparameters(self.results.spec, settings.config, settings.seed)
                log.write_model(round_.folder.name, training.model, shown)
        if not round_.has_ended:
            with Interruption() as interruption:
                self._train(log, Autosave(self.save, settings.checkpoint_minutes, interruption))
        round_.keep_best()

    def _train(self, log: TensorBoardLog | None, autosave: Autosave) -> None:
        """Trains record by record; the state is saved when that cannot go on."""
        try:
            for record in self.round.training.records(self.round.progress, autosave.after_batch):
                self._take_in(record, log)
                autosave.after_record()
                if self.round.has_ended:
                    break
        except InputError:
            with suppress(InputError):
                self.save()
            raise

    def _take_in(self, record: Record, log: TensorBoardLog | None) -> None:
        """Tells and writes what there is to tell of a record."""
        round_, tell = self.round, self.results.reporter.line
        tell(record.line)
        keep = round_.take_in(record)
        if round_.training.validation is not None:
            tell(f"P: {round_.stopping.since_best} {round_.folder.name}")
        weights = weight_records(round_.training.model.optimizer)
        for weight in weights:
            tell(weight.line)
        if log is not None:
            log.write_record(len(round_.records) - 1, record, weights)
        self._write_record(keep)
        reason = round_.stopping.reason_to_stop(record)
        if reason:
            tell(f"Stopped: {reason}")

    def _write_record(self, keep: bool) -> None:
        round_, config = self.round, self.results.settings.config
        if config.write_record:
            write_csv(round_.folder.file(".csv"), round_.records)
        if config.save_model and keep:
            round_.folder.write_weights(self.results.spec, round_.training.model)
