"""The graph of a model as a table, stage by stage."""

import math

import keras
import numpy as np

from cocoqa_keras.models.builder import Graph, build_graph
from cocoqa_keras.models.roles import InputRoles
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.spec.model_spec import ModelSpec
from cocoqa_keras.spec.stages import Stage, TrainableStage
from cocoqa_keras.tables import Table

SETTINGS = (
    "learning_rate",
    "learning_rate_anneal_const",
    "momentum",
    "delta_momentum",
    "gradient_clip",
    "weight_clip",
    "weight_reg_const",
)
COLUMNS = ("stage", "type", "inputs", "output shape", "parameters", "settings")


def graph_table(graph: Graph) -> Table:
    """The stages in order of computation, then those inside of others.

    Each has its type, its inputs, the shape of its output (N and a free T are `None`), the number of its
    trained weights, and the settings of the update rule that the model file gives it. An image comes as its
    features: the stages that select its id compute nothing, and have no shape.
    """
    spec, model = graph.spec, graph.model
    counts = {layer.name: _count(layer.trainable_variables) for layer in model.layers}
    goal = f"cost {spec.cost_fn}, decision {spec.decision_fn}, output {', '.join(spec.outputs)}"
    table = Table(
        title=f"{spec.name}: {goal}",
        columns=[(name, "right" if name == "parameters" else "left") for name in COLUMNS],
        note=f"{_count(model.trainable_variables)} trained parameters",
    )
    image_ids = InputRoles.of(spec).image_selectors
    for stage in spec.all_stages:
        is_computed = stage.name in graph.flows and stage.name not in image_ids
        shape = graph.flows[stage.name].shape if is_computed else ""
        count = counts.get(stage.name) or ""
        table.add(stage.name, stage.type, ", ".join(stage.inputs), shape, count, _settings(stage))
    return table


def describe_model(spec: ModelSpec) -> Table:
    """The table of a model with the sizes of its model file, without any data.

    Raises:
        InputError: its stages do not fit together, or it reads its whole batch, whose shape only data tell.
    """
    return graph_table(build_graph(spec, _declared_sizes(spec)))


def _declared_sizes(spec: ModelSpec) -> DatasetInfo | None:
    """What a model file itself says of its data; statistics of the features are stand-ins.

    None for a model that normalizes no image features: it can be built without.
    """
    roles = InputRoles.of(spec)
    if not roles.feature_norms:
        return None
    images = spec[min(roles.image_tables)]
    question = spec[min(roles.question_selectors)] if roles.question_selectors else None
    return DatasetInfo(
        vocabulary_size=spec[min(roles.word_tables)].input_dim if roles.word_tables else 0,
        answer_count=spec[spec.outputs[-1]].output_dim,
        words_per_question=0 if question is None else question.end - question.start,
        image_count=images.input_dim,
        feature_width=images.output_dim,
        feature_mean=np.zeros(images.output_dim, np.float32),
        feature_std=np.ones(images.output_dim, np.float32),
    )


def _count(variables: list[keras.Variable]) -> int:
    return sum(math.prod(variable.shape) for variable in variables)


def _settings(stage: Stage) -> str:
    """The settings of the update rule that are not zero, as the model file names them."""
    if not isinstance(stage, TrainableStage):
        return ""
    if stage.is_frozen:
        return "frozen"
    fields = type(stage).model_fields
    values = {fields[name].alias: getattr(stage, name) for name in SETTINGS}
    return ", ".join(f"{name} {value:g}" for name, value in values.items() if value)
