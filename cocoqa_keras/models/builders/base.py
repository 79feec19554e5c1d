"""The table of builders, and what they share.

A builder makes the output of a stage from the stage and its inputs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras

from cocoqa_keras import layers
from cocoqa_keras.data.matrices import read_matrix
from cocoqa_keras.errors import InputError
from cocoqa_keras.models.flow import Flow, Tensor
from cocoqa_keras.models.roles import InputRoles
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.models.stage_weights import assign_stage_matrix
from cocoqa_keras.spec import stages
from cocoqa_keras.spec.model_spec import ModelSpec

BUILDERS: dict[type[stages.Stage], Callable[..., Flow]] = {}
TAKES_DISTINCT_ROWS: set[type[stages.Stage]] = set()


@dataclass(frozen=True)
class Context:
    """What the builders of stages may ask for beside their inputs."""

    spec: ModelSpec
    info: DatasetInfo | None
    roles: InputRoles


def builds(stage_class: type[stages.Stage], takes_distinct_rows: bool = False) -> Callable:
    """Registers a function that builds a stage type, given the stage, its inputs and the context.

    Args:
        stage_class: the stage type.
        takes_distinct_rows: whether it can take inputs by their distinct rows; others get whole tensors.
    """

    def register(function: Callable[..., Flow]) -> Callable[..., Flow]:
        BUILDERS[stage_class] = function
        if takes_distinct_rows:
            TAKES_DISTINCT_ROWS.add(stage_class)
        return function

    return register


def build_stage(stage: stages.Stage, flows: list[Flow], context: Context) -> Flow:
    """The output of a stage, given its inputs.

    Raises:
        InputError: the stage cannot take them.
    """
    if type(stage) not in TAKES_DISTINCT_ROWS:
        flows = [flow.expanded() for flow in flows]
    if not stage.propagates_gradient and not isinstance(stage, stages.LookupTable):
        flows = [flow.then(keras.ops.stop_gradient(flow.tensor)) for flow in flows]
    try:
        return BUILDERS[type(stage)](stage, flows, context)
    except InputError:
        raise
    except ValueError as error:
        reason = str(error).strip().splitlines()[0]
        names = stage.inputs or ["the stage before"]  # in a chain
        shapes = ", ".join(f"{name} {flow.tensor.shape}" for name, flow in zip(names, flows, strict=False))
        raise InputError(
            f"{context.spec.path}: stage '{stage.name}' ({stage.type}) cannot take its inputs, "
            f"{shapes}: {reason}"
        ) from error


def join(flows: list[Flow]) -> Flow:
    """Several inputs as one, side by side along the last axis."""
    if len(flows) == 1:
        return flows[0]
    tensors = [flow.expanded().tensor for flow in flows]
    return Flow(keras.layers.Concatenate(axis=-1)(tensors), like=sequences_of(flows))


def sequences_of(flows: list[Flow]) -> Tensor | None:
    """The sequences that unfolded steps come from, whichever input knows them; None where they are not."""
    return next((flow.like for flow in flows if flow.like is not None), None)


def check_width(values: Flow) -> None:
    """Refuses values of a width that depends on the batch.

    Raises:
        ValueError: it does.
    """
    if values.shape[-1] is None:
        raise ValueError("the size of the last axis must be the same in every batch")


def check_sequences(values: Flow) -> None:
    """Refuses what is no sequences.

    Raises:
        ValueError: the values have not three axes.
    """
    if len(values.shape) != 3:
        raise ValueError(f"expected sequences (N, T, D), got {values.shape}")


def check_axis(axis: int, values: Flow) -> None:
    """Refuses an axis that the values lack.

    Raises:
        ValueError: they lack it.
    """
    rank = len(values.shape)
    if not -rank <= axis < rank:
        raise ValueError(f"there is no axis {axis}")


def initializer(
    stage: stages.TrainableStage,
    seed_shift: int = 0,
    bias_constant: float | None = None,
    positive: bool = False,
) -> layers.RandomStateUniform:
    """The initial values of a matrix of weights, as the 2015 program draws them.

    Args:
        stage: the stage.
        seed_shift: what is added to its seed, for one of several matrices.
        bias_constant: the value of the bias row, or None where it is drawn like the others.
        positive: draw from 0 up, instead of around 0.
    """
    return layers.RandomStateUniform(
        (stage.init_seed + seed_shift) % 2**32, stage.init_range, bias_constant, positive
    )


def finish(layer: keras.layers.Layer, stage: stages.TrainableStage, context: Context) -> None:
    """Freezes a layer and loads its weights from a file where the stage says so."""
    layer.trainable = not stage.is_frozen
    if stage.init_weights is not None:
        path = context.spec.resolve_file(stage, "init_weights")
        assign_stage_matrix(layer, read_matrix(path, stage.format, stage.h5_key, stage.sparse), str(path))


def positions_of(sequences: Flow) -> list[Tensor]:
    """The positions of the steps, where sequences come by their distinct ones: a layer's second argument."""
    return [] if sequences.positions is None else [sequences.positions]
