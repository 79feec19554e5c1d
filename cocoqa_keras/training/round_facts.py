"""What the state of a round tells beside arrays, checked field by field."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from cocoqa_keras.training.checkpoint import other_version
from cocoqa_keras.training.early_stopping import EarlyStopping
from cocoqa_keras.training.progress import Progress
from cocoqa_keras.training.record import Record
from cocoqa_keras.training.round_plan import RoundPlan
from cocoqa_keras.training.run_settings import RunSettings, check_run_name


class RoundFacts(BaseModel):
    """The facts of a state.

    Attributes:
        plan: what the round is there for.
        progress: how far it is.
        stopping: the scores.
        records: an entry per record, by default an epoch.
        settings: those of the run.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    plan: RoundPlan
    progress: Progress
    stopping: EarlyStopping
    records: list[Record]
    settings: RunSettings

    @classmethod
    def read(cls, folder: Path, facts: Mapping[str, Any]) -> "RoundFacts":
        """The facts of a checkpoint.

        Args:
            folder: the run folder, for the error message.
            facts: what the checkpoint has of them.

        Raises:
            InputError: another version of this program wrote them.
        """
        try:
            return cls.model_validate_json(json.dumps(facts))
        except ValidationError as error:
            raise other_version(folder) from error

    @model_validator(mode="after")
    def _check(self) -> "RoundFacts":
        """What training relies on, and what a name must not do: leave the folder that runs are in."""
        if self.plan.first_round is not None:
            check_run_name(self.plan.first_round)
        progress = self.progress
        if not len(progress.losses) == len(progress.rights) == len(progress.sizes):
            raise ValueError("batches without a size")
        if min(progress.recorded_step, progress.step - progress.recorded_step, *progress.sizes, 1) < 0:
            raise ValueError("a negative number of steps or examples")
        if not 0 <= progress.epoch <= (self.settings.config.num_epoch if self.records else 0):
            raise ValueError("epochs without a record")
        return self
