"""A round of training from its first batch to its last, and its state between two batches."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import keras
import numpy as np

from cocoqa_keras.training.checkpoint import Checkpoint, other_version
from cocoqa_keras.training.early_stopping import EarlyStopping
from cocoqa_keras.training.progress import Progress
from cocoqa_keras.training.record import Record
from cocoqa_keras.training.round_facts import RoundFacts
from cocoqa_keras.training.round_plan import RoundPlan
from cocoqa_keras.training.run_folder import RunFolder
from cocoqa_keras.training.run_settings import RunSettings
from cocoqa_keras.training.training_round import TrainingRound


@dataclass
class RoundInProgress:
    """A round of training.

    Attributes:
        plan: what it is there for.
        folder: what it leaves on disk.
        training: the model and the examples. Once the round has ended, the model has the weights to keep.
        stopping: the scores.
        progress: how far it is.
        records: an entry per record, by default an epoch.
        best: the weights of the best validation so far, or None where these are not told from the last.
        can_go_on: whether there is a state on disk that training has got to.
    """

    plan: RoundPlan
    folder: RunFolder
    training: TrainingRound
    stopping: EarlyStopping
    progress: Progress = field(default_factory=Progress)
    records: list[Record] = field(default_factory=list)
    best: list[np.ndarray] | None = None
    can_go_on: bool = False

    @property
    def kept_record(self) -> int:
        """The number, from 0, of the record after which the weights were as they are kept."""
        return len(self.records) - 1 - self.stopping.since_best

    @property
    def place(self) -> str:
        """How far it is, in words."""
        if self.has_ended:
            return "behind the last epoch"
        return f"in epoch {self.progress.epoch}, step {self.progress.step} of {self.training.steps_per_epoch}"

    @property
    def has_ended(self) -> bool:
        """Whether the last record was the last."""
        is_through = self.progress.epoch == self.training.config.num_epoch
        return bool(self.records) and (is_through or bool(self.stopping.reason_to_stop(self.records[-1])))

    def take_in(self, record: Record) -> bool:
        """Takes a record in; whether the weights are to be kept."""
        self.records.append(record)
        if self.training.validation is None:
            return True
        is_better = self.stopping.is_better(record)
        if is_better:
            self.best = self.training.model.get_weights()
        return is_better

    def state(self, settings: RunSettings) -> Checkpoint:
        """All that the rest of the round depends on.

        Args:
            settings: those of the run.
        """
        model = self.training.model
        arrays = {
            **_named("weights", [variable.numpy() for variable in model.variables]),
            **_named("optimizer", [variable.numpy() for variable in model.optimizer.variables]),
            **_named("best", self.best or []),
        }
        facts = {
            "plan": asdict(self.plan),
            "progress": asdict(self.progress),
            "stopping": asdict(self.stopping),
            "records": [asdict(record) for record in self.records],
            "settings": settings.model_dump(by_alias=True),
        }
        return Checkpoint(facts, arrays)

    @property
    def first_folder(self) -> RunFolder | None:
        """The run folder of the first of two rounds, in the second."""
        name = self.plan.first_round
        return None if name is None else RunFolder(self.folder.path.parent / name)

    def keep_best(self) -> None:
        """Gives the model the weights of the best validation."""
        if self.best is not None:
            self.training.model.set_weights(self.best)

    def restore(self, facts: RoundFacts, arrays: Mapping[str, np.ndarray]) -> None:
        """Puts everything where it was when a state was taken.

        Raises:
            InputError: another version of this program made the state.
        """
        self.progress, self.stopping, self.records = facts.progress, facts.stopping, facts.records
        model = self.training.model
        try:
            _assign(model.variables, _numbered("weights", arrays))
            _assign(model.optimizer.variables, _numbered("optimizer", arrays))
            self.best = _numbered("best", arrays) or None
        except (KeyError, ValueError) as error:
            raise other_version(self.folder.path) from error
        self.can_go_on = True


def _named(kind: str, arrays: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{kind}/{number}": array for number, array in enumerate(arrays)}


def _numbered(kind: str, arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    count = sum(name.startswith(f"{kind}/") for name in arrays)
    return [arrays[f"{kind}/{number}"] for number in range(count)]


def _assign(variables: Sequence[keras.Variable], arrays: Sequence[np.ndarray]) -> None:
    if [tuple(variable.shape) for variable in variables] != [array.shape for array in arrays]:
        raise ValueError("another model")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
