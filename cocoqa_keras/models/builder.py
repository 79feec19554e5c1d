"""From a model file to a functional Keras model: one small function a stage type."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from cocoqa_keras import layers
from cocoqa_keras.data.matrices import read_matrix
from cocoqa_keras.errors import InputError
from cocoqa_keras.models.flow import Flow, Tensor
from cocoqa_keras.models.roles import InputRoles
from cocoqa_keras.models.sizes import DatasetInfo, fit_sizes
from cocoqa_keras.models.stage_weights import assign_stage_matrix
from cocoqa_keras.spec import stages
from cocoqa_keras.spec.model_spec import BATCH, ModelSpec

BUILDERS: dict[type[stages.Stage], Callable[..., Flow]] = {}
TAKES_DISTINCT_ROWS: set[type[stages.Stage]] = set()


@dataclass(frozen=True)
class Context:
    """What the builders of stages may ask for beside their inputs."""

    spec: ModelSpec
    info: DatasetInfo | None
    roles: InputRoles


def build_model(
    spec: ModelSpec,
    dataset_info: DatasetInfo | None = None,
    input_shape: tuple[int | None, ...] | None = None,
) -> keras.Model:
    """Builds a functional Keras model, a layer a stage, each named after its stage.

    A model that slices the batch into image id and words has the inputs `question`, int32 (N, T) with 0
    as padding and T free, and `image`, the features of the image, (N, D); only those that it uses. Any
    other model has the one input `input`. Initial weights repeat the 2015 program's.

    Args:
        spec: the model file.
        dataset_info: sizes of the data, which replace those of the spec where they differ.
        input_shape: shape of the input without its first axis, for models with the one input `input`.

    Returns:
        a model for plain `compile`, `fit`, `save` and `export`. Its output is the joined outputs of the spec.

    Raises:
        InputError: sizes that do not fit, an input shape that is needed and missing, or an unreadable file.
    """
    roles = InputRoles.of(spec)
    if roles.are_found and dataset_info is not None:
        spec, _ = fit_sizes(spec, dataset_info)
    context = Context(spec, dataset_info, roles)
    inputs, flows = _make_inputs(context, input_shape)
    for stage in spec.stages:
        if stage.name not in flows:
            flows[stage.name] = _build_stage(stage, [flows[name] for name in stage.inputs], context)
    outputs = _join([flows[name] for name in spec.outputs]).expanded()
    return keras.Model(inputs, outputs.tensor, name=spec.name.replace("+", "_"))


def _make_inputs(
    context: Context, input_shape: tuple[int | None, ...] | None
) -> tuple[Tensor | dict[str, Tensor], dict[str, Flow]]:
    """The model's input, or its inputs by name, and the stages whose values they already are."""
    spec, roles = context.spec, context.roles
    if not roles.are_found:
        if input_shape is None:
            raise InputError(
                f"{spec.path}: this model reads its whole batch: give the shape of its input (input_shape)"
            )
        tensor = keras.Input(input_shape, name=BATCH)
        return tensor, {BATCH: Flow(tensor)}
    inputs, flows = {}, {}
    if roles.question_selectors:
        question = inputs["question"] = keras.Input((None,), dtype="int32", name="question")
        flows.update({name: Flow(question, like=question) for name in roles.question_selectors})
    if roles.image_tables:
        widths = {spec[name].output_dim for name in roles.image_tables}
        if len(widths) > 1:
            raise InputError(
                f"{spec.path}: the tables of image features differ in outputDim: {sorted(widths)}"
            )
        (width,) = widths
        image = inputs["image"] = keras.Input((width,), name="image")
        flows.update({name: Flow(image) for name in (*roles.image_selectors, *roles.image_tables)})
    return inputs, flows


def _build_stage(stage: stages.Stage, flows: list[Flow], context: Context) -> Flow:
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
        shapes = ", ".join(
            f"{name} {flow.tensor.shape}" for name, flow in zip(stage.inputs, flows, strict=True)
        )
        raise InputError(
            f"{context.spec.path}: stage '{stage.name}' ({stage.type}) cannot take its inputs, "
            f"{shapes}: {reason}"
        ) from error


def _builds(stage_class: type[stages.Stage], takes_distinct_rows: bool = False) -> Callable:
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


def _join(flows: list[Flow]) -> Flow:
    """Several inputs as one, side by side along the last axis."""
    if len(flows) == 1:
        return flows[0]
    flows = [flow.expanded() for flow in flows]
    return flows[0].then(keras.layers.Concatenate(axis=-1)([flow.tensor for flow in flows]))


def _initializer(
    stage: stages.TrainableStage,
    seed_shift: int = 0,
    bias_constant: float | None = None,
    positive: bool = False,
) -> layers.RandomStateUniform:
    return layers.RandomStateUniform(
        (stage.init_seed + seed_shift) % 2**32, stage.init_range, bias_constant, positive
    )


def _finish(layer: keras.layers.Layer, stage: stages.TrainableStage, context: Context) -> None:
    """Freezes a layer and loads its weights from a file where the stage says so."""
    layer.trainable = not stage.is_frozen
    if stage.init_weights is not None:
        path = context.spec.resolve_path(stage.init_weights)
        assign_stage_matrix(layer, read_matrix(path, stage.format, stage.h5_key, stage.sparse), str(path))


@_builds(stages.Selector)
def _selector(stage: stages.Selector, flows: list[Flow], context: Context) -> Flow:
    return Flow(layers.Selector(stage.start, stage.end, stage.axis, name=stage.name)(_join(flows).tensor))


@_builds(stages.LookupTable)
def _lookup_table(stage: stages.LookupTable, flows: list[Flow], context: Context) -> Flow:
    ids = _join(flows)
    distinct, positions = layers.DistinctIds(name=f"{stage.name}_distinct")(ids.tensor)
    layer = layers.LookupTable(stage.input_dim, stage.output_dim, _initializer(stage), name=stage.name)
    rows = layer(distinct)
    _finish(layer, stage, context)
    return Flow(rows, positions, ids.like)


@_builds(stages.Map, takes_distinct_rows=True)
def _map(stage: stages.Map, flows: list[Flow], context: Context) -> Flow:
    has_constant = stage.bias and stage.bias_init_const >= 0
    layer = layers.AffineMap(
        stage.output_dim,
        activation="linear" if stage.active_fn == "identity" else stage.active_fn,
        use_bias=stage.bias,
        kernel_initializer=_initializer(
            stage,
            bias_constant=stage.bias_init_const if has_constant else None,
            positive=stage.init_type == "positive",
        ),
        name=stage.name,
    )
    if len(flows) > 1:
        flows = [flow.expanded() for flow in flows]
    values = layer([flow.tensor for flow in flows] if len(flows) > 1 else flows[0].tensor)
    _finish(layer, stage, context)
    return flows[0].then(values)


@_builds(stages.Normalize)
def _normalize(stage: stages.Normalize, flows: list[Flow], context: Context) -> Flow:
    features = _join(flows)
    mean, std = _statistics(stage, features.tensor.shape[-1], context)
    # Statistics in float32 are applied in float32, in a float64 model too, as the 2015 program does.
    is_single = "float32" in (keras.config.dtype_policy().compute_dtype, mean.dtype.name)
    layer = layers.FeatureNormalization(name=stage.name, dtype="float32" if is_single else "float64")
    values = layer(features.tensor)
    layer.set_statistics(mean, std)
    return features.then(values)


def _statistics(stage: stages.Normalize, width: int, context: Context) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of the features: those of the data set, else of the files that the stage names."""
    info = context.info
    if stage.name in context.roles.feature_norms and info is not None and info.feature_mean is not None:
        return info.feature_mean, info.feature_std
    vectors = []
    for file, key in ((stage.mean, stage.mean_key), (stage.std, stage.std_key)):
        path = context.spec.resolve_path(file)
        vector = np.ravel(read_matrix(path, stage.format, key))
        if vector.shape != (width,):
            raise InputError(f"{path}: stage '{stage.name}' needs {width} numbers, found {vector.size}")
        vectors.append(vector)
    return tuple(vectors)


@_builds(stages.Dropout, takes_distinct_rows=True)
def _dropout(stage: stages.Dropout, flows: list[Flow], context: Context) -> Flow:
    values = _join(flows)
    return values.then(
        layers.BatchDropout(stage.dropout_rate, stage.init_seed, name=stage.name)(values.tensor)
    )


@_builds(stages.Lstm, takes_distinct_rows=True)
def _lstm(stage: stages.Lstm, flows: list[Flow], context: Context) -> Flow:
    sequences = _join(flows)
    if sequences.tensor.shape[-1] != stage.input_dim:
        raise ValueError(f"inputDim is {stage.input_dim}")
    bias_constants = (1.0, 1.0, 0.0, 1.0)  # of the gates I, F, Z, O
    layer = layers.PeepholeLSTM(
        stage.output_dim,
        return_sequences=stage.multi_output,
        cut_off_zero_end=stage.cut_off_zero_end,
        gate_initializers=[
            _initializer(stage, shift, constant) for shift, constant in enumerate(bias_constants)
        ],
        name=stage.name,
    )
    hidden = layer(sequences.tensor, *_steps(sequences))
    _finish(layer, stage, context)
    return Flow(hidden)


@_builds(stages.TimeUnfold)
def _time_unfold(stage: stages.TimeUnfold, flows: list[Flow], context: Context) -> Flow:
    sequences = _join(flows)
    if sequences.like is not None:  # a table has unfolded them already
        return sequences
    return Flow(layers.TimeUnfold(name=stage.name)(sequences.tensor), like=sequences.tensor)


@_builds(stages.TimeFold, takes_distinct_rows=True)
def _time_fold(stage: stages.TimeFold, flows: list[Flow], context: Context) -> Flow:
    rows = _join(flows)
    if rows.like is None or rows.like.shape[1] is not None:
        return Flow(layers.TimeFold(stage.timespan, name=stage.name)(rows.expanded().tensor))
    layer = layers.TimeFold(name=stage.name)
    if rows.positions is None:
        return Flow(layer(rows.tensor, rows.like))
    return Flow(rows.tensor, layer(rows.positions, rows.like))


@_builds(stages.TimeReverse, takes_distinct_rows=True)
def _time_reverse(stage: stages.TimeReverse, flows: list[Flow], context: Context) -> Flow:
    sequences = _join(flows)
    layer = layers.TimeReverse(name=stage.name)
    if not sequences.has_distinct_steps:
        return Flow(layer(sequences.expanded().tensor))
    return Flow(sequences.tensor, layer(sequences.positions, sequences.tensor))


@_builds(stages.Concat, takes_distinct_rows=True)
def _concat(stage: stages.Concat, flows: list[Flow], context: Context) -> Flow:
    if stage.axis == 1 and any(flow.has_distinct_steps for flow in flows):
        parts = [
            [flow.tensor, *_steps(flow)] if flow.has_distinct_steps else flow.expanded().tensor
            for flow in flows
        ]
        return Flow(*layers.JoinSequences(name=stage.name)(parts))
    flows = [flow.expanded() for flow in flows]
    return flows[0].then(
        keras.layers.Concatenate(stage.axis, name=stage.name)([flow.tensor for flow in flows])
    )


@_builds(stages.SumOverTime, takes_distinct_rows=True)
def _sum_over_time(stage: stages.SumOverTime, flows: list[Flow], context: Context) -> Flow:
    sequences = _join(flows)
    return Flow(layers.SumOverTime(name=stage.name)(sequences.tensor, *_steps(sequences)))


def _steps(sequences: Flow) -> list[Tensor]:
    """The positions of the steps, where sequences come by their distinct ones: a layer's second argument."""
    return [] if sequences.positions is None else [sequences.positions]
