"""The graph of a model, stage by stage, and as a table."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np

from cocoqa_keras.layers import RecurrentGraph
from cocoqa_keras.models.builder import Graph, build_graph
from cocoqa_keras.models.roles import InputRoles
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.models.stage_weights import layers_by_name
from cocoqa_keras.spec import stages
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


@dataclass(frozen=True)
class StageSummary:
    """What a graph tells of a stage.

    Attributes:
        stage: its description in the model file.
        shape: the shape of its output (N and a free T are `None`), inside a `recurrent` that of a step. None
            inside a `sequential`, and for the stages that select an image's id: an image comes as its
            features, so they compute nothing.
        parameters: number of its own trained weights; stages inside of it have theirs.
        settings: the settings of the update rule that the model file gives it.
    """

    stage: Stage
    shape: tuple[int | None, ...] | None
    parameters: int
    settings: str

    @property
    def is_frozen(self) -> bool:
        """Whether it has weights that training leaves as they are."""
        return isinstance(self.stage, TrainableStage) and self.stage.is_frozen


def summarize(graph: Graph) -> dict[str, StageSummary]:
    """The stages by name, in order of computation, then those inside of others."""
    layers = layers_by_name(graph.model)
    shapes = _shapes(graph, layers)
    return {
        stage.name: StageSummary(
            stage, shapes.get(stage.name), _own_parameters(stage, layers), _settings(stage)
        )
        for stage in graph.spec.all_stages
    }


def goal(spec: ModelSpec) -> str:
    """What a model is trained for, in a line."""
    return f"cost {spec.cost_fn}, decision {spec.decision_fn}, output {', '.join(spec.outputs)}"


def count_parameters(layer: keras.layers.Layer) -> int:
    """Number of trained weights of a layer or model."""
    return sum(math.prod(variable.shape) for variable in layer.trainable_variables)


def graph_table(graph: Graph) -> Table:
    """The stages in order of computation, then those inside of others, a line each."""
    table = Table(
        title=f"{graph.spec.name}: {goal(graph.spec)}",
        columns=[(name, "right" if name == "parameters" else "left") for name in COLUMNS],
        note=f"{count_parameters(graph.model)} trained parameters",
    )
    for summary in summarize(graph).values():
        stage = summary.stage
        table.add(
            stage.name,
            stage.type,
            ", ".join(stage.inputs),
            "" if summary.shape is None else summary.shape,
            summary.parameters or "",
            summary.settings,
        )
    return table


def declared_graph(spec: ModelSpec) -> Graph:
    """The graph of a model with the sizes of its model file, without any data.

    Raises:
        InputError: its stages do not fit together, or it reads its whole batch, whose shape only data tell.
    """
    return build_graph(spec, _declared_sizes(spec))


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


def _shapes(graph: Graph, layers: Mapping[str, keras.layers.Layer]) -> dict[str, tuple[int | None, ...]]:
    """The shapes that are known: of values of the model, and of layers inside of its recurrent graphs."""
    image_ids = InputRoles.of(graph.spec).image_selectors
    shapes = {name: flow.shape for name, flow in graph.flows.items() if name not in image_ids}
    for layer in layers.values():
        if isinstance(layer, RecurrentGraph):
            outputs = {name: inner.output for name, inner in layers_by_name(layer.step).items()}
            # Layers with several outputs help a stage, and are none.
            shapes |= {name: out.shape for name, out in outputs.items() if hasattr(out, "shape")}
    return shapes


def _own_parameters(stage: Stage, layers: Mapping[str, keras.layers.Layer]) -> int:
    is_counted = stage.name in layers and not isinstance(stage, stages.Graph)
    return count_parameters(layers[stage.name]) if is_counted else 0


def _settings(stage: Stage) -> str:
    """The settings of the update rule that are not zero, as the model file names them."""
    if not isinstance(stage, TrainableStage):
        return ""
    if stage.is_frozen:
        return "frozen"
    fields = type(stage).model_fields
    values = {fields[name].alias: getattr(stage, name) for name in SETTINGS}
    return ", ".join(f"{name} {value:g}" for name, value in values.items() if value)
