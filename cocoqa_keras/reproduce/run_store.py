"""Runs by what they were trained on: found where they lie, else trained."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.errors import InputError
from cocoqa_keras.models.roles import InputRoles
from cocoqa_keras.models.zoo import find_model
from cocoqa_keras.reproduce.published import published_for
from cocoqa_keras.spec.model_spec import ModelSpec, load_spec
from cocoqa_keras.spec.training_config import TrainingConfig
from cocoqa_keras.training.reporter import Reporter
from cocoqa_keras.training.run_files import read_summary
from cocoqa_keras.training.trainer import Trainer


@dataclass(frozen=True)
class _Identity:
    """What, beside the stages of its model, made a run what it is.

    Attributes:
        data: the SHA-256 of the data set.
        features: that of the file of the image features, or None where there are none or the run, of an older
            version, does not tell.
        seed: shift of all random streams.
        config: the training configuration.
        dtype: `float32` or `float64`.
        is_second: whether it is a second round.
    """

    data: str
    features: str | None
    seed: int
    config: dict[str, Any]
    dtype: str
    is_second: bool


@dataclass
class RunStore:
    """A folder of runs, in which the rounds of a model are found or trained.

    A run is what is asked for when the stages of its model, its data, image features, seed, configuration and
    precision are the same, it started from no other weights, all examples counted alike, and no batch was
    skipped.

    Args:
        folder: the folder of the run folders.
        features: image features, for the models that take an image.
        features_sha256: the SHA-256 of their file.
        config: the training configuration.
        seed: shifts all random streams.
        reporter: where lines and progress go.
    """

    folder: Path
    features: SparseFeatures | None
    features_sha256: str | None
    config: TrainingConfig = field(default_factory=TrainingConfig)
    seed: int = 0
    reporter: Reporter = field(default_factory=Reporter)

    def first_round(self, model: str, dataset: Dataset, name: str | None = None) -> Path:
        """The run folder of a model that was trained on the training part and validated.

        Args:
            model: its name in the zoo.
            dataset: the data set to train on.
            name: names a new run; by default the model's name.
        """
        spec = load_spec(find_model(model))
        found = self._find(spec, dataset, is_second=False)
        if found is not None:
            return found
        trainer = self._trainer(spec, dataset, name)
        begun = trainer.find_begun("first")
        if begun is not None:
            return trainer.resume(begun).path
        return trainer.train_round_one().folder.path

    def second_round(self, model: str, dataset: Dataset, name: str | None = None) -> Path:
        """The run folder of a model that was trained on training and validation part; see `first_round`."""
        spec = load_spec(find_model(model))
        found = self._find(spec, dataset, is_second=True)
        if found is not None:
            return found
        first = _summary(self.first_round(model, dataset, name))
        stop_score = first["training"]["stop_score_of_next_round"]
        trainer = self._trainer(spec, dataset, name)
        begun = trainer.find_begun("second")
        if begun is not None:
            return trainer.resume(begun).path
        return trainer.train_round_two(stop_score).folder.path

    def rounds(self, model: str, dataset: Dataset) -> list[dict[str, Any]]:
        """What `run.json` tells of the training of a model's rounds, as far as they are there."""
        spec = load_spec(find_model(model))
        folders = (self._find(spec, dataset, is_second) for is_second in (False, True))
        return [_summary(folder)["training"] for folder in folders if folder is not None]

    def _trainer(self, spec: ModelSpec, dataset: Dataset, name: str | None) -> Trainer:
        return Trainer(
            spec,
            dataset,
            self.features if InputRoles.of(spec).image_tables else None,
            self.config,
            output=self.folder,
            name=name,
            seed=self.seed,
            exports=False,
            published=published_for(spec.name, dataset),
            reporter=self.reporter,
        )

    def _find(self, spec: ModelSpec, dataset: Dataset, is_second: bool) -> Path | None:
        """The newest finished round that is what is asked for; tells of one that may be."""
        wanted = _Identity(
            data=dataset.fingerprint(),
            features=self.features_sha256 if InputRoles.of(spec).image_tables else None,
            seed=self.seed,
            config=self.config.model_dump(by_alias=True),
            dtype=keras.config.floatx(),
            is_second=is_second,
        )
        found = self._newest(spec, wanted)
        if found is None and wanted.features is not None:
            older = self._newest(spec, replace(wanted, features=None))
            if older is not None:
                self.reporter.line(
                    f"{older} is not used: an older version made it, and it does not tell which image "
                    f"features it was trained on"
                )
        return found

    def _newest(self, spec: ModelSpec, wanted: _Identity) -> Path | None:
        for path in sorted(self.folder.glob("*/model.keras"), reverse=True):
            if _identity(_summary(path.parent)) == wanted and _is_of_model(path.parent, spec):
                return path.parent
        return None


def _summary(folder: Path) -> dict[str, Any]:
    """The content of `run.json`; empty where it is missing or damaged."""
    try:
        return read_summary(folder).model_dump(exclude_unset=True)
    except InputError:
        return {}


def _identity(summary: dict[str, Any]) -> _Identity | None:
    """That of the run with this `run.json`, or None where something else made it what it is."""
    if any(summary.get(field) for field in ("overrides", "weights_from", "example_weights")):
        return None
    try:
        data, training = summary["data"], summary["training"]
        is_second = training["stop_score"] is not None
        if training.get("skipped_batches"):
            return None
        return _Identity(
            data=data["sha256"],
            features=data.get("features_sha256"),
            seed=summary["seed"],
            config=summary["config"],
            dtype=summary["dtype"],
            is_second=is_second,
        )
    except (KeyError, TypeError):
        return None  # of another program, or of an older version of this one


def _is_of_model(folder: Path, spec: ModelSpec) -> bool:
    """Whether a run folder has a model file of these stages, whatever its comments."""
    try:
        return any(load_spec(path).model_dump() == spec.model_dump() for path in folder.glob("*.model.yml"))
    except InputError:
        return False
