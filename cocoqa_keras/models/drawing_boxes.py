"""What a drawing of a model shows: boxes with their texts, arrows, and boxes inside of boxes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from cocoqa_keras.models.builder import Graph
from cocoqa_keras.models.drawing_layout import Layout, lay_out
from cocoqa_keras.models.roles import InputRoles
from cocoqa_keras.models.summary import StageSummary, summarize
from cocoqa_keras.spec import stages
from cocoqa_keras.spec.inner_stages import GRAPH_INPUT
from cocoqa_keras.spec.model_spec import BATCH

# In pixels, for a font whose characters are equally wide.
FONT_SIZE = 12
CHARACTER_WIDTH = 7.3
LINE_HEIGHT = 17
PADDING = 9
FRAME_PADDING = 16

Kind = Literal["input", "earlier", "trained", "frozen", "weightless", "frame"]
Text = Literal["name", "quiet", "end-text"]


@dataclass(frozen=True)
class Box:
    """A stage, or a value from outside.

    Attributes:
        kind: what it is: a value from outside, one of another step, or a stage, by its weights.
        name: the stage's, or the reference to the value.
        hint: a sentence about it.
        type: the stage's type.
        shape: of the stage's output.
        weights: how many, or that they are frozen.
        end: which input or output of the model it is, if any, or that it is an output of the graph it is in.
        inside: the stages that it is made of.
    """

    kind: Kind
    name: str
    hint: str
    type: str = ""
    shape: str = ""
    weights: str = ""
    end: str = ""
    inside: "Diagram | None" = None

    @property
    def lines(self) -> list[tuple[Text, str, str]]:
        """For each line: what its texts are, the one at the left, and the one at the right."""
        lines = [
            ("name", self.name, self.type),
            ("quiet", self.shape, self.weights),
            ("end-text", self.end, ""),
        ]
        return [line for line in lines if line[1] or line[2]]

    @property
    def text_height(self) -> float:
        """Height of the lines with the space around them."""
        return 2 * PADDING + LINE_HEIGHT * len(self.lines)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        characters = max(len(left) + len(right) + 2 * bool(right) for _, left, right in self.lines)
        width = 2 * PADDING + CHARACTER_WIDTH * characters
        if self.inside is None:
            return width, self.text_height
        layout = self.inside.layout
        return max(width, layout.width + 2 * FRAME_PADDING), self.text_height + layout.height + FRAME_PADDING


@dataclass(frozen=True)
class Diagram:
    """Boxes by name, each after those that it reads, and source and target of each arrow."""

    boxes: dict[str, Box] = field(default_factory=dict)
    arrows: list[tuple[str, str]] = field(default_factory=list)

    @cached_property
    def layout(self) -> Layout:
        """Where they go."""
        return lay_out({name: box.size for name, box in self.boxes.items()}, self.arrows)

    def all_boxes(self) -> Iterator[Box]:
        """The boxes, each before those inside of it."""
        for box in self.boxes.values():
            yield box
            if box.inside is not None:
                yield from box.inside.all_boxes()


def diagram_of(graph: Graph) -> Diagram:
    """The stages of a model, those inside of others too."""
    roles = InputRoles.of(graph.spec)
    ends = dict.fromkeys(graph.spec.outputs, "model output")
    ends |= dict.fromkeys(roles.question_selectors, "model input: question")
    ends |= dict.fromkeys(roles.image_tables, "model input: image")
    reads = {stage.name: stage.inputs for stage in graph.spec.stages}
    return _diagram(reads, ends, summarize(graph))


def _diagram(
    reads: Mapping[str, Iterable[str]], ends: Mapping[str, str], summaries: Mapping[str, StageSummary]
) -> Diagram:
    """Stages with what they read, in order of computation; a value that is none of them gets a box, too."""
    diagram = Diagram()
    for name, sources in reads.items():
        for source in sources:
            if source not in diagram.boxes:
                diagram.boxes[source] = _box_of_value(source)
            diagram.arrows.append((source, name))
        diagram.boxes[name] = _box_of_stage(summaries[name], ends.get(name, ""), summaries)
    return diagram


def _box_of_value(name: str) -> Box:
    """A value from outside: the input, or what a stage inside a `recurrent` reads of another step."""
    if name == BATCH:
        return Box("input", name, "the input")
    reference = stages.Reference.parse(name)
    if reference.is_present:
        return Box("input", name, "the input of a step")
    step = reference.step if reference.is_absolute else f"t{reference.step}"
    return Box("earlier", name, f"{reference.stage} of step {step}")


def _box_of_stage(summary: StageSummary, end: str, summaries: Mapping[str, StageSummary]) -> Box:
    stage, inside = summary.stage, None
    if isinstance(stage, stages.Graph):
        kind, weights, inside = "frame", "", _inside(stage, summaries)
    elif summary.is_frozen:
        kind, weights = "frozen", "frozen"
    elif summary.parameters:
        kind, weights = "trained", f"{summary.parameters:,} trained"
    else:
        kind, weights = "weightless", ""
    hint = f"{stage.name} ({stage.type}) reads {', '.join(stage.inputs) or 'the stage before'}"
    if summary.settings:
        hint += f"; {summary.settings}"
    shape = "" if summary.shape is None else str(summary.shape)
    return Box(kind, stage.name, hint, stage.type, shape, weights, end, inside)


def _inside(stage: stages.Graph, summaries: Mapping[str, StageSummary]) -> Diagram:
    """The stages of a chain, or of a graph that is computed at every step."""
    if isinstance(stage, stages.Recurrent):
        reads = {name: map(_source, summaries[name].stage.inputs) for name in stage.stages}
        return _diagram(reads, dict.fromkeys(stage.outputs, "output"), summaries)
    reads = {name: [before] for before, name in zip((BATCH, *stage.stages), stage.stages, strict=False)}
    return _diagram(reads, {}, summaries)


def _source(text: str) -> str:
    """The stage whose present value is read, or else the reference itself."""
    reference = stages.Reference.parse(text)
    return reference.stage if reference.is_present and reference.stage != GRAPH_INPUT else text
