"""The graph of a model as a drawing (SVG), for browsers and image viewers."""

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from cocoqa_keras.models.builder import Graph
from cocoqa_keras.models.drawing_boxes import (
    CHARACTER_WIDTH,
    FONT_SIZE,
    LINE_HEIGHT,
    PADDING,
    Box,
    Diagram,
    Kind,
    diagram_of,
)
from cocoqa_keras.models.drawing_layout import Point
from cocoqa_keras.models.summary import count_parameters, goal

MARGIN = 20
STYLE = """
.model { font: FONT_SIZEpx Menlo, Consolas, 'DejaVu Sans Mono', monospace }
.model text { fill: #1f2937 }
.model .name { font-weight: bold }
.model .quiet { fill: #5b6472 }
.model .end-text { fill: #15803d }
.model rect { stroke: #8a93a1; fill: #ffffff }
.model .paper { stroke: none }
.model .trained { stroke: #2563eb; fill: #dbeafe }
.model .frozen { stroke: #6b7280; fill: #e2e5ea }
.model .frame { fill: #f6f7f9 }
.model .earlier { stroke: #b45309; fill: #fff7e6; stroke-dasharray: 4 3 }
.model .input { stroke: #15803d; fill: #dcfce7; stroke-width: 2 }
.model .end { stroke: #15803d; stroke-width: 2 }
.model .arrow { stroke: #5b6472; stroke-width: 1.3; fill: none }
.model .dashed { stroke: #b45309; stroke-dasharray: 5 4 }
.model .head { fill: #5b6472 }
@media (prefers-color-scheme: dark) {
  .model text { fill: #e5e7eb }
  .model .quiet { fill: #a3acba }
  .model .end-text { fill: #4ade80 }
  .model rect { stroke: #7b8594; fill: #1b2129 }
  .model .paper { fill: #0f1318 }
  .model .trained { stroke: #60a5fa; fill: #17305c }
  .model .frozen { stroke: #8a93a1; fill: #333b47 }
  .model .frame { fill: #151a21 }
  .model .earlier { stroke: #f0a93c; fill: #33260f }
  .model .input { stroke: #4ade80; fill: #12331f }
  .model .end { stroke: #4ade80 }
  .model .arrow { stroke: #a3acba }
  .model .dashed { stroke: #f0a93c }
  .model .head { fill: #a3acba }
}
""".replace("FONT_SIZE", str(FONT_SIZE))
LEGEND: dict[Kind, str] = {
    "trained": "trained weights",
    "frozen": "frozen weights",
    "weightless": "no weights",
    "earlier": "value of another step",
}


def draw_graph(graph: Graph) -> str:
    """Draws the stages of a model as SVG: a box a stage, arrows from inputs to outputs, top to bottom.

    A box tells name, type, shape of the output, and number of trained parameters; the settings of the update
    rule show up under the mouse. A stage made of stages is a frame around them; what they read of other
    steps, such as `h(-1)`, has a box of its own. Inputs and outputs of the model say so.

    Returns:
        the text of an SVG file, the same for the same graph. It fits light and dark surroundings, and no
        rule of its style sheet reaches past it, so that it may be part of a page.
    """
    diagram = diagram_of(graph)
    layout, boxes = diagram.layout, list(diagram.all_boxes())
    name, about = graph.spec.name, f"{count_parameters(graph.model):,} trained parameters, {goal(graph.spec)}"
    legend = [kind for kind in LEGEND if kind in {box.kind for box in boxes}]
    characters = max(len(name), len(about), sum(map(_characters_in_legend, legend)))
    inner_width = max(layout.width, CHARACTER_WIDTH * characters)
    top = 2 * MARGIN + 2 * LINE_HEIGHT
    bottom = top + layout.height + MARGIN
    width, height = round(inner_width + 2 * MARGIN), round(bottom + LINE_HEIGHT + MARGIN)

    svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": "model", "role": "img"})
    svg.attrib |= {"width": str(width), "height": str(height), "viewBox": f"0 0 {width} {height}"}
    SubElement(svg, "title").text = f"Model {name}"
    hints = [box.hint for box in boxes if box.type]
    SubElement(svg, "desc").text = ". ".join([about, *hints]) + "."
    SubElement(svg, "style").text = STYLE
    _add_arrow_head(svg)
    _add(svg, "rect", "paper", width=width, height=height)
    _add(svg, "text", "name", x=MARGIN, y=MARGIN + FONT_SIZE).text = name
    _add(svg, "text", "quiet", x=MARGIN, y=MARGIN + LINE_HEIGHT + FONT_SIZE).text = about
    _draw(svg, diagram, MARGIN + (inner_width - layout.width) / 2, top)
    _draw_legend(svg, legend, bottom)
    ElementTree.indent(svg)
    return ElementTree.tostring(svg, encoding="unicode") + "\n"


def _draw(parent: Element, diagram: Diagram, x: float, y: float) -> None:
    """Draws boxes and arrows with the upper left corner at (x, y)."""
    layout = diagram.layout
    for name, box in diagram.boxes.items():
        left, top = layout.corners[name]
        _draw_box(parent, box, x + left, y + top)
    for (source, target), route in zip(diagram.arrows, layout.routes, strict=True):
        kind = "arrow dashed" if diagram.boxes[source].kind == "earlier" else "arrow"
        path = _path([(x + left, y + top) for left, top in route])
        arrow = _add(parent, "path", kind, d=path, marker_end="url(#arrow-head)")
        arrow.attrib |= {"data-source": source, "data-target": target}


def _draw_box(parent: Element, box: Box, x: float, y: float) -> None:
    group = SubElement(parent, "g", {"data-name": box.name})
    SubElement(group, "title").text = box.hint
    width, height = box.size
    radius = height / 2 if box.kind in ("input", "earlier") else 5
    kind = f"{box.kind} end" if box.end else box.kind
    _add(group, "rect", kind, x=x, y=y, width=width, height=height, rx=radius)
    for line, (text, left, right) in enumerate(box.lines):
        baseline = y + PADDING + FONT_SIZE + LINE_HEIGHT * line
        if left:
            _add(group, "text", text, x=x + PADDING, y=baseline).text = left
        if right:
            _add(group, "text", "quiet", x=x + width - PADDING, y=baseline, text_anchor="end").text = right
    if box.inside is not None:
        inset = (width - box.inside.layout.width) / 2
        _draw(group, box.inside, x + inset, y + box.text_height)


def _path(route: Sequence[Point]) -> str:
    """Vertical lines, and between them curves that begin and end vertically."""
    (x, y), *points = route
    steps = [f"M{_number(x)} {_number(y)}"]
    for next_x, next_y in points:
        if _number(next_x) != _number(x):
            middle = (y + next_y) / 2
            numbers = (x, middle, next_x, middle, next_x, next_y)
            steps.append("C" + " ".join(map(_number, numbers)))
        elif _number(next_y) != _number(y):  # browsers point an arrow's head by its last piece, however short
            steps.append(f"V{_number(next_y)}")
        x, y = next_x, next_y
    return "".join(steps)


def _draw_legend(svg: Element, kinds: Sequence[Kind], y: float) -> None:
    x = float(MARGIN)
    for kind in kinds:
        _add(svg, "rect", kind, x=x, y=y + 2, width=18, height=FONT_SIZE, rx=3)
        _add(svg, "text", "quiet", x=x + 24, y=y + FONT_SIZE).text = LEGEND[kind]
        x += CHARACTER_WIDTH * _characters_in_legend(kind)


def _characters_in_legend(kind: Kind) -> int:
    return len(LEGEND[kind]) + 5  # for the small box before the text, and the space after it


def _add_arrow_head(svg: Element) -> None:
    size = {"markerWidth": "8", "markerHeight": "8", "viewBox": "0 0 10 10", "refX": "9", "refY": "5"}
    marker = SubElement(SubElement(svg, "defs"), "marker", {"id": "arrow-head", "orient": "auto", **size})
    _add(marker, "path", "head", d="M0 1 10 5 0 9z")


def _add(parent: Element, tag: str, kind: str, **attributes: str | float) -> Element:
    """Adds an element of a class; `text_anchor=...` is the attribute `text-anchor`."""
    texts = {
        name.replace("_", "-"): value if isinstance(value, str) else _number(value)
        for name, value in attributes.items()
    }
    return SubElement(parent, tag, {"class": kind, **texts})


def _number(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")
