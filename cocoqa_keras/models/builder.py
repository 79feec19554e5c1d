"""From a model file to a functional Keras model."""

from dataclasses import dataclass

import keras

from cocoqa_keras.errors import InputError
from cocoqa_keras.models.builders import Context, build_stage, join
from cocoqa_keras.models.flow import Flow, Tensor
from cocoqa_keras.models.roles import InputRoles
from cocoqa_keras.models.sizes import DatasetInfo, fit_sizes
from cocoqa_keras.spec.model_spec import BATCH, ModelSpec


@dataclass(frozen=True)
class Graph:
    """A model and the values inside of it.

    Attributes:
        spec: the model file, with the sizes of the data.
        model: the Keras model.
        flows: the value of each stage, and of the input `input` where the model has it.
    """

    spec: ModelSpec
    model: keras.Model
    flows: dict[str, Flow]


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
    return build_graph(spec, dataset_info, input_shape).model


def build_graph(
    spec: ModelSpec,
    dataset_info: DatasetInfo | None = None,
    input_shape: tuple[int | None, ...] | None = None,
) -> Graph:
    """Builds the model of `build_model`, and tells the value of each stage."""
    roles = InputRoles.of(spec)
    if roles.are_found and dataset_info is not None:
        spec, _ = fit_sizes(spec, dataset_info)
    context = Context(spec, dataset_info, roles)
    inputs, flows = _make_inputs(context, input_shape)
    for stage in spec.stages:
        if stage.name not in flows:
            flows[stage.name] = build_stage(stage, [flows[name] for name in stage.inputs], context)
    outputs = join([flows[name] for name in spec.outputs]).expanded()
    try:
        model = keras.Model(inputs, outputs.tensor, name=spec.name.replace("+", "_"))
    except ValueError as error:  # a stage is called as a layer that prepares the inputs of another
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"{spec.path}: {reason}; give the stage of that name another one") from error
    return Graph(spec, model, flows)


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
