"""What becomes of a training whose numbers are no longer finite."""

import math
from collections.abc import Iterator
from dataclasses import replace

import keras
import numpy as np

from cocoqa_keras.data.pipeline import Batch, BatchReader
from cocoqa_keras.errors import InputError
from cocoqa_keras.training.bad_examples import find_bad_example
from cocoqa_keras.training.diagnosis import diagnose, is_finite, largest_number, take_masks_back
from cocoqa_keras.training.optimizer import StageSettings
from cocoqa_keras.training.reporter import Reporter
from cocoqa_keras.training.weighted_split import example_weights_of

MOST_EXAMPLES = 1000  # that are looked at together where all outputs are finite, and their cost is not


class DivergenceError(InputError):
    """Training has come to a number that is not finite."""


class DivergenceGuard:
    """Stops a training that diverges, or goes on without the batch, and says what was not finite first.

    `StagewiseSGD` leaves out the update of a batch whose loss or gradient is not finite, so that the weights
    are the last good ones.

    Args:
        model: a model of `build_model`, compiled with a `StagewiseSGD` and a loss.
        train: reads what it is trained on.
        on_nan: "stop" ends training at the first such batch; "skip" tells of it and goes on.
        reporter: is told which batches were skipped.
    """

    def __init__(self, model: keras.Model, train: BatchReader, on_nan: str, reporter: Reporter) -> None:
        self._model = model
        self._train = train
        self._on_nan = on_nan
        self._reporter = reporter

    def skip(self, batch: Batch, where: str) -> None:
        """Says why the step that has just been made updated nothing.

        Args:
            batch: what the step was given.
            where: names the batch.

        Raises:
            DivergenceError: training is to stop, or the weights are not finite, as after an earlier update.
        """
        self.check_weights(where)
        what, remedy = self._explain(batch, self._train)
        if self._on_nan == "stop":
            self._forget_batch()
            raise DivergenceError(f"{where}: {what}; {remedy}, or leave such batches out (--on-nan skip)")
        self._reporter.line(f"Skipped {where}: {what}")

    def _forget_batch(self) -> None:
        """Sets back what counts batches, so that the state is that before the batch."""
        for counter in (self._model.optimizer.iterations, self._model.optimizer.skipped_batches):
            counter.assign_sub(1)
        take_masks_back(self._model)

    def check_stretch(self, where: str, skipped: int, steps: int) -> None:
        """Tells how many of the batches of a record were skipped.

        Raises:
            DivergenceError: all of them.
        """
        if skipped == steps:
            raise DivergenceError(
                f"{where}: all {steps} batches were skipped; mend what they were skipped for"
            )
        if skipped:
            self._reporter.line(
                f"Skipped {skipped} of {steps} batches; loss and rate are those of the others"
            )

    def check_weights(self, where: str) -> None:
        """Makes sure that the weights are finite: an update may overflow where its gradient does not.

        Raises:
            DivergenceError: one is not.
        """
        for weight, settings in self._weights():
            if not is_finite(weight.value):
                raise DivergenceError(
                    f"{where}: the weights of stage '{settings.stage}' are no longer finite, though all "
                    f"gradients were; lower its learningRate ({settings.learning_rate:g})"
                )

    def check_validation(self, where: str, loss: float, outputs: np.ndarray, reader: BatchReader) -> None:
        """Makes sure that a validation loss is finite, which none can be better than otherwise.

        Args:
            where: names the validation.
            loss: the mean cost.
            outputs: (N, A), the model's for each example.
            reader: what read the examples.

        Raises:
            DivergenceError: it is not.
        """
        if math.isfinite(loss):
            return
        wrong = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
        batch = _batch_of(reader, wrong[:1] if wrong.size else np.arange(min(len(outputs), MOST_EXAMPLES)))
        what, remedy = self._explain(batch, reader, training=False)
        raise DivergenceError(f"{where}: the validation loss is {loss}: {what}; {remedy}")

    def _explain(self, batch: Batch, reader: BatchReader, training: bool = True) -> tuple[str, str]:
        """What is not finite first, and what to do about it: correct the data, or train more slowly."""
        if reader.share.total > 1:
            what = (
                "the loss or the norm of a gradient is not finite (a process that trains alone tells which)"
            )
            return what, self._remedy()
        bad_example = find_bad_example(batch, reader, self._model.output.dtype)
        return bad_example or (diagnose(self._model, batch, training), self._remedy())

    def _weights(self) -> Iterator[tuple[keras.Variable, StageSettings]]:
        optimizer = self._model.optimizer
        return zip(optimizer.weights_updated, optimizer.settings_by_weight, strict=True)

    def _remedy(self) -> str:
        """What to do, by the stage that has run away most."""
        sizes = [(largest_number(weight.value), settings) for weight, settings in self._weights()]
        largest, settings = max(sizes, key=lambda of_weight: of_weight[0])
        clip = settings.gradient_clip
        change_of_clip = f"lower its gradientClip ({clip:g})" if clip else "set its gradientClip"
        return (
            f"the largest weight is {largest:.2g}, in stage '{settings.stage}': lower its learningRate "
            f"({settings.learning_rate:g}) or {change_of_clip}"
        )


def _batch_of(reader: BatchReader, rows: np.ndarray) -> Batch:
    """Some examples of a split, with their weights if there are any."""
    weighted = replace(reader, weights=example_weights_of(reader.split))
    return next(weighted.iterate(lambda epoch: rows, 1, len(rows)))
