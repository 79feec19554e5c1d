"""The settings by which TensorBoard compares runs."""

from cocoqa_keras.spec.model_spec import ModelSpec
from cocoqa_keras.spec.stages import Dropout, Stage, TrainableStage
from cocoqa_keras.spec.training_config import TrainingConfig


def hyperparameters(spec: ModelSpec, config: TrainingConfig, seed: int) -> dict[str, str | float]:
    """Model, seed, batch size, and learning rates, widths and dropout rates of the stages.

    Args:
        spec: the model file, with the sizes of the data.
        config: the training configuration.
        seed: shifts all random streams.

    Returns:
        values by the names that `--set` has for them, such as `softmax.learningRate`.
    """
    settings: dict[str, str | float] = {"model": spec.name, "seed": seed, "batchSize": config.batch_size}
    for stage in spec.all_stages:
        for field in _fields(stage):
            value = getattr(stage, field)
            if value is not None:
                settings[f"{stage.name}.{type(stage).model_fields[field].alias}"] = value
    return settings


def _fields(stage: Stage) -> tuple[str, ...]:
    if isinstance(stage, Dropout):
        return ("dropout_rate",)
    if isinstance(stage, TrainableStage) and not stage.is_frozen:
        return ("learning_rate", "output_dim")
    return ()
