"""`cocoqa-train --resume`: everything as it was, from the checkpoint of a run folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from typer import Context

from cocoqa_keras.cli.command import start_keras
from cocoqa_keras.cli.next_steps import print_next, uses_of_run
from cocoqa_keras.errors import InputError

if TYPE_CHECKING:
    from cocoqa_keras.spec.model_spec import ModelSpec
    from cocoqa_keras.training.run_settings import RunSettings

CHANGEABLE = ("resume", "spec", "data", "features", "checkpoint_minutes")
"""What may be given: where things are now, and what the numbers do not depend on."""


def check_options(context: Context) -> None:
    """Refuses what goes with a new run.

    Raises:
        InputError: an option that a run that was begun has already.
    """
    for parameter in context.command.params:
        if parameter.name not in CHANGEABLE and is_given(context, parameter.name):
            raise InputError(
                f"{parameter.opts[0]} goes with a new run; --resume goes on as the run was begun"
            )


def is_given(context: Context, parameter: str) -> bool:
    """Whether a parameter is on the command line."""
    return context.get_parameter_source(parameter).name == "COMMANDLINE"


def resume_run(
    folder: Path, spec: str | None, data: Path | None, features: Path | None, checkpoint_minutes: float
) -> None:
    """Goes on with a run.

    Args:
        folder: the run folder.
        spec: the model file or name, where it is to be compared with that of the run.
        data: the data folder, where it has moved.
        features: the file of image features, where it has moved.
        checkpoint_minutes: how often to save.
    """
    from cocoqa_keras.training.checkpoint import Checkpoints
    from cocoqa_keras.training.run_settings import read_settings

    facts = Checkpoints.of_run(folder).load().facts
    settings = read_settings(folder, facts)
    start_keras(settings.dtype)
    from cocoqa_keras.data.dataset import load_dataset
    from cocoqa_keras.models.image_features import open_features
    from cocoqa_keras.reproduce.published import published_for
    from cocoqa_keras.spec.training_config import TrainingConfig
    from cocoqa_keras.training.reporter import reporter_for
    from cocoqa_keras.training.trainer import Trainer

    model_spec = _read_spec(folder, spec, settings)
    data = data or Path(settings.data.folder)
    dataset = load_dataset(data)
    if features is None and "features" in settings.files:
        features = Path(settings.files["features"].path)
    image_features = open_features(model_spec, data, features)
    config = TrainingConfig.model_validate(settings.config)
    with reporter_for(config.progress) as reporter:
        trainer = Trainer(
            model_spec,
            dataset,
            image_features,
            config,
            name=settings.name,
            seed=settings.seed,
            weights_from=settings.weights_from,
            example_weights=settings.example_weights,
            exports=settings.exports,
            tensorboard=settings.tensorboard,
            checkpoint_minutes=checkpoint_minutes,
            published=published_for(model_spec.name, dataset),
            reporter=reporter,
        )
        finished = trainer.resume(folder).path
    print_next(*uses_of_run(finished, image_features is not None))


def _read_spec(folder: Path, spec: str | None, settings: "RunSettings") -> "ModelSpec":
    """The model file that was given, or the run's own copy."""
    from cocoqa_keras.models.zoo import find_model
    from cocoqa_keras.spec import load_spec
    from cocoqa_keras.training.run_files import read_spec

    if spec is not None:
        return load_spec(find_model(spec), settings.overrides)
    return read_spec(folder, settings.overrides).from_folder(Path(settings.spec_file).parent)
