"""`cocoqa-train --resume`: everything as it was, from the checkpoint of a run folder."""

import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from typer import Context

from cocoqa_keras.cli.command import start_keras
from cocoqa_keras.cli.next_steps import print_next, uses_of_run
from cocoqa_keras.cli.options import Strategy
from cocoqa_keras.cli.replicas import replicas
from cocoqa_keras.errors import InputError

if TYPE_CHECKING:
    from cocoqa_keras.spec.model_spec import ModelSpec
    from cocoqa_keras.training.run_settings import RunSettings

# Files of a run folder that going on with it reads.
NEEDED = ("*.model.yml", "run.json", "checkpoint/*.npz")


def check_options(context: Context) -> None:
    """Refuses what goes with a new run.

    Raises:
        InputError: an option that a run that was begun has already.
    """
    allowed = {"resume", *(field.name for field in fields(Changes))}
    for parameter in context.command.params:
        if parameter.name not in allowed and is_given(context, parameter.name):
            raise InputError(
                f"{parameter.opts[0]} goes with a new run; --resume goes on as the run was begun"
            )


def is_given(context: Context, parameter: str) -> bool:
    """Whether a parameter is on the command line."""
    return context.get_parameter_source(parameter).name == "COMMANDLINE"


@dataclass(frozen=True)
class Changes:
    """What may be given to a run that was begun; None for what it was begun with.

    Attributes:
        spec: the model file or name, to be compared with that of the run.
        data: the data folder, where it has moved.
        features: the file of image features, where it has moved.
        weights_from: the weights that every round starts from, where they have moved.
        example_weights: prefix of the files of example weights, where they have moved.
        on_nan: what to do about a batch with a number that is not finite.
        checkpoint_minutes: how often to save.
        strategy: where replicas are that go on together.
    """

    spec: str | None
    data: Path | None
    features: Path | None
    weights_from: Path | None
    example_weights: Path | None
    on_nan: str | None
    checkpoint_minutes: float | None
    strategy: Strategy


def resume_run(folder: Path, changes: Changes) -> None:
    """Goes on with the run of a folder."""
    from cocoqa_keras.training.checkpoint import Checkpoints
    from cocoqa_keras.training.round_facts import RoundFacts

    folder = folder.resolve()
    settings = RoundFacts.read(folder, Checkpoints.of_run(folder).load().facts).settings
    start_keras(settings.dtype, changes.strategy)
    from cocoqa_keras.data.dataset import load_dataset
    from cocoqa_keras.models.image_features import open_features
    from cocoqa_keras.reproduce.published import published_for
    from cocoqa_keras.training.trainer import Trainer

    model_spec = _read_spec(folder, changes.spec, settings)
    data = changes.data or Path(settings.data.folder)
    dataset = load_dataset(data)
    features = changes.features
    if features is None and "features" in settings.files:
        features = Path(settings.files["features"].path)
    image_features = open_features(model_spec, data, features)
    minutes = changes.checkpoint_minutes
    with replicas(changes.strategy, settings.config.progress) as here:
        if here.folder is not None:
            folder = _copy(folder, here.folder)
        trainer = Trainer(
            model_spec,
            dataset,
            image_features,
            settings.config,
            name=settings.name,
            seed=settings.seed,
            weights_from=changes.weights_from or settings.weights_from,
            example_weights=changes.example_weights or settings.example_weights,
            on_nan=changes.on_nan or settings.on_nan,
            exports=settings.exports,
            tensorboard=settings.tensorboard,
            checkpoint_minutes=settings.checkpoint_minutes if minutes is None else minutes,
            published=published_for(model_spec.name, dataset),
            reporter=here.reporter,
        )
        finished = trainer.resume(folder).path
    if here.folder is None:
        print_next(*uses_of_run(finished, image_features is not None))


def _copy(folder: Path, place: Path) -> Path:
    """Copies a run folder, and that of a second round, for a process that must not write to them.

    Only what going on reads is copied, before the first process writes: that one waits for all to agree on
    what is trained.
    """
    from cocoqa_keras.files import cannot_write
    from cocoqa_keras.training.run_folder import RunFolder

    second = RunFolder(folder).find_second()
    for run in (folder, *([] if second is None else [second.path])):
        for path in [file for pattern in NEEDED for file in run.glob(pattern)]:
            copy = place / run.name / path.relative_to(run)
            try:
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
            except OSError as error:
                raise cannot_write(copy, error) from error
    return place / folder.name


def _read_spec(folder: Path, spec: str | None, settings: "RunSettings") -> "ModelSpec":
    """The model file that was given, or the run's own copy."""
    from cocoqa_keras.models.zoo import load_spec
    from cocoqa_keras.training.run_files import read_spec

    if spec is not None:
        return load_spec(spec, settings.overrides)
    return read_spec(folder, settings.overrides).from_folder(Path(settings.spec_file).parent)
