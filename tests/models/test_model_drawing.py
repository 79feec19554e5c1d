"""The drawing of a model: what it shows, and that it can be read."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise, product
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras import list_models
from cocoqa_keras.models.builder import build_graph
from cocoqa_keras.models.drawing import draw_graph
from cocoqa_keras.models.drawing_layout import lay_out
from cocoqa_keras.models.drawing_order import count_crossings, order_rows
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.spec import load_spec
from cocoqa_keras.spec.stages import Reference

SVG = "{http://www.w3.org/2000/svg}"
CHARACTER = 0.6 * 12  # width of a character of 12 pixels in the fonts that the drawing asks for


@dataclass
class Drawn:
    """A drawing, or what is inside of a frame in it.

    Attributes:
        kinds: the classes of each box.
        corners: left, top, right and bottom of each box.
        texts: the texts of each box in order, with the x where each begins and ends.
        arrows: source, target, pieces and classes of each arrow.
        inside: what is inside of each box.
    """

    kinds: dict = field(default_factory=dict)
    corners: dict = field(default_factory=dict)
    texts: dict = field(default_factory=dict)
    arrows: list = field(default_factory=list)
    inside: dict = field(default_factory=dict)

    def everywhere(self):
        """This, and what is inside of it, at any depth."""
        yield self
        for inner in self.inside.values():
            yield from inner.everywhere()

    @property
    def names(self):
        return [name for part in self.everywhere() for name in part.kinds]


def read(parent):
    """What the elements below `parent` draw."""
    drawn = Drawn()
    for group in parent.findall(f"{SVG}g"):
        name, rect = group.get("data-name"), group.find(f"{SVG}rect")
        assert name not in drawn.kinds
        x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        drawn.kinds[name] = rect.get("class").split()
        drawn.corners[name] = (x, y, x + width, y + height)
        drawn.texts[name] = [text_of(element) for element in group.findall(f"{SVG}text")]
        drawn.inside[name] = read(group)
    for path in parent.findall(f"{SVG}path"):
        ends = path.get("data-source"), path.get("data-target")
        drawn.arrows.append((*ends, pieces_of(path.get("d")), path.get("class").split()))
    return drawn


def text_of(element):
    x, length = float(element.get("x")), CHARACTER * len(element.text)
    start = x - length if element.get("text-anchor") == "end" else x
    return element.text, float(element.get("y")), start, start + length


def pieces_of(path):
    """The ends of each piece of a path of vertical lines and curves."""
    (_, start), *rest = re.findall(r"([MVC])([-\d. ]+)", path)
    points = [tuple(map(float, start.split()))]
    for command, numbers in rest:
        *_, x, y = (points[-1][0], *map(float, numbers.split()))
        points.append((x, y))
        assert command == ("V" if x == points[-2][0] else "C")
    return list(pairwise(points))


def check_places(corners, arrows, margin=0.11):  # places are told to a tenth of a pixel
    """Boxes lie apart; an arrow leads down from the lower edge of a box to the upper one of another."""
    for (left, top, right, bottom), other in combinations(corners.values(), 2):
        assert right < other[0] or other[2] < left or bottom < other[1] or other[3] < top
    for source, target, pieces in arrows:
        (first_x, first_y), (last_x, last_y) = pieces[0][0], pieces[-1][1]
        assert first_y == pytest.approx(corners[source][3], abs=margin)
        assert last_y == pytest.approx(corners[target][1], abs=margin)
        assert corners[source][0] < first_x < corners[source][2]
        assert corners[target][0] < last_x < corners[target][2]
        for ((x, y), (next_x, next_y)), (left, top, right, bottom) in product(pieces, corners.values()):
            assert y <= next_y + 1e-9
            is_beside = max(x, next_x) < left or right < min(x, next_x)
            assert is_beside or next_y <= top + margin or bottom - margin <= y


def check(text):
    """The drawing, which has to be well formed, with nothing outside of its frame and no text cut off."""
    root = ElementTree.fromstring(text)
    assert root.find(f"{SVG}title").text
    assert root.find(f"{SVG}desc").text
    _, _, width, height = map(float, root.get("viewBox").split())
    assert (root.get("width"), root.get("height")) == (f"{width:.0f}", f"{height:.0f}")
    drawn = read(root)
    check_inside(drawn, (0, 0, width, height))
    return drawn


def check_inside(drawn, frame):
    check_places(drawn.corners, [arrow[:3] for arrow in drawn.arrows])
    spots = [*drawn.corners.values(), *((*a, *b) for arrow in drawn.arrows for a, b in arrow[2])]
    for left, top, right, bottom in spots:
        assert frame[0] < min(left, right)
        assert max(left, right) < frame[2]
        assert frame[1] < top <= bottom < frame[3]
    for name, (left, top, right, bottom) in drawn.corners.items():
        for _, y, start, end in drawn.texts[name]:
            assert left < start < end < right
            assert top < y - 9 < y < bottom
        for y in {text[1] for text in drawn.texts[name]}:
            on_line = [text for text in drawn.texts[name] if text[1] == y]
            assert all(end + CHARACTER < start for (*_, end), (_, _, start, _) in pairwise(on_line))
        lowest_text = max(y for _, y, _, _ in drawn.texts[name])
        check_inside(drawn.inside[name], (left, lowest_text, right, bottom))


# Models.


@pytest.fixture
def tiny_graph(tiny_spec, tiny_dataset, tiny_features):
    def build(name, overrides=None):
        return build_graph(tiny_spec(name, overrides), DatasetInfo.of(tiny_dataset, tiny_features))

    return build


def source_of(text):
    """What an arrow begins at where a stage inside a `recurrent` reads `text`."""
    reference = Reference.parse(text)
    return reference.stage if reference.is_present and reference.stage != "input" else text


def expected_arrows(spec, stages):
    """The arrows among some stages, and those inside of each, as the model file describes them."""
    arrows = [(source, stage.name) for stage in stages for source in stage.inputs]
    for graph in spec.all_stages:
        inner = getattr(graph, "stages", ())
        if graph.type == "recurrent":
            arrows += [(source_of(text), name) for name in inner for text in spec[name].inputs]
        elif graph.type == "sequential":
            arrows += pairwise(("input", *inner))
    return arrows


@pytest.mark.parametrize("name", list_models())
def test_every_stage_of_a_model_is_there_once_and_every_input_is_an_arrow(name, tiny_graph):
    graph = tiny_graph(name)
    drawn = check(draw_graph(graph))
    stages = {stage.name for stage in graph.spec.all_stages}
    counts = Counter(drawn.names)
    assert {stage: counts[stage] for stage in stages} == dict.fromkeys(stages, 1)
    arrows = Counter(arrow[:2] for part in drawn.everywhere() for arrow in part.arrows)
    # Two steps of one stage may be read in two graphs, but inner stages have names of their own.
    assert arrows == Counter(expected_arrows(graph.spec, graph.spec.stages))
    assert draw_graph(tiny_graph(name)) == draw_graph(graph)


def test_a_box_tells_name_type_shape_and_parameters(tiny_graph):
    drawn = check(draw_graph(tiny_graph("img_bow")))
    texts = {name: [text for text, *_ in texts] for name, texts in drawn.texts.items()}
    assert texts["softmax"] == ["softmax", "map", "(None, 4)", f"{(5 + 10 + 1) * 4} trained", "model output"]
    assert texts["imgFeat"] == ["imgFeat", "lut", "(None, 10)", "frozen", "model input: image"]
    assert texts["txtSel"] == ["txtSel", "selector", "(None, None)", "model input: question"]
    assert texts["bow"] == ["bow", "sum2", "(None, 5)"]
    kinds = {name: drawn.kinds[name] for name in ("input", "softmax", "imgFeat", "bow")}
    assert kinds == {
        "input": ["input"],
        "softmax": ["trained", "end"],
        "imgFeat": ["frozen", "end"],
        "bow": ["weightless"],
    }


def test_a_frozen_stage_is_told_apart_and_does_not_count(tiny_graph):
    text = draw_graph(tiny_graph("bow", {"softmax.learningRate": "0"}))
    assert check(text).kinds["softmax"] == ["frozen", "end"]
    assert f"{9 * 5} trained parameters" in text


def test_screen_readers_and_the_mouse_are_told_what_a_stage_reads_and_how_it_learns(tiny_graph):
    root = ElementTree.fromstring(draw_graph(tiny_graph("img_bow")))
    sentence = "softmax (map) reads bow, imgFeat; learningRate 0.01, momentum 0.9"
    assert root.find(f"{SVG}title").text == "Model img_bow"
    assert sentence in root.find(f"{SVG}desc").text
    assert sentence in root.find(f"{SVG}g[@data-name='softmax']/{SVG}title").text


def test_names_are_escaped(tiny_graph):
    graph = tiny_graph("bow")
    name = "<script>&\"'"
    drawing = draw_graph(replace(graph, spec=graph.spec.model_copy(update={"name": name})))
    assert "<script>" not in drawing
    assert ElementTree.fromstring(drawing).find(f"{SVG}title").text == f"Model {name}"


def test_the_lstm_written_out_is_a_frame_with_dashed_arrows_from_the_step_before(stages):
    spec = load_spec(stages / "specs" / "recurrent_lstm.model.yml")
    drawn = check(draw_graph(build_graph(spec, input_shape=(None, 7))))
    assert list(drawn.kinds) == ["input", "recurrent_lstm"]
    assert drawn.kinds["recurrent_lstm"] == ["frame", "end"]
    inner = drawn.inside["recurrent_lstm"]
    dashed = {arrow[:2] for arrow in inner.arrows if "dashed" in arrow[3]}
    read_before = {"I": "HC", "F": "HC", "Z": "H", "FC": "C", "O": "H"}
    assert dashed == {(f"{s}(-1)", stage) for stage, sources in read_before.items() for s in sources}
    assert [name for name, kind in inner.kinds.items() if "earlier" in kind] == ["H(-1)", "C(-1)"]
    # 7 inputs, 4 hidden, 4 in the cell, and a bias; 4 wide
    assert "64 trained" in [text for text, *_ in inner.texts["I"]]
    assert [text for text, *_ in inner.texts["H"]] == ["H", "elemProd", "(None, 4)", "output"]


NESTED = """
name: nested
costFn: mse
stages: [chain, outer]
outputs: outer
specs:
- {name: chain, type: sequential, inputs: input, stages: [unfold, mapped, fold]}
- {name: unfold, type: timeUnfold, inputs: []}
- {name: mapped, type: map, inputs: [], outputDim: 3, activeFn: tanh, learningRate: 0.1}
- {name: fold, type: timeFold, timespan: 5, inputs: []}
- {name: outer, type: recurrent, inputs: chain, inputDim: 3, outputDim: 2, timespan: 5,
   stages: [mid, inner, sum], outputs: sum}
- {name: mid, type: map, recurrent: true, inputs: 'input(0), sum(-1), input($2)', outputDim: 4,
   activeFn: tanh}
- {name: inner, type: recurrent, recurrent: true, multiInput: false, inputs: mid(0), inputDim: 4,
   outputDim: 3, timespan: 4, stages: [deep], outputs: deep}
- {name: deep, type: map, recurrent: true, inputs: 'input(0), deep(-1)', outputDim: 3, activeFn: tanh,
   learningRate: 0.1}
- {name: sum, type: map, recurrent: true, inputs: 'inner(0), inner(0), sum(-2)', outputDim: 2, activeFn: tanh}
"""


def test_graphs_inside_graphs_are_frames_inside_frames(tmp_path):
    (tmp_path / "nested.yml").write_text(NESTED)
    spec = load_spec(tmp_path / "nested.yml")
    drawn = check(draw_graph(build_graph(spec, input_shape=(5, 3))))
    assert list(drawn.kinds) == ["input", "chain", "outer"]
    assert list(drawn.inside["chain"].kinds) == ["input", "unfold", "mapped", "fold"]
    assert [text for text, *_ in drawn.inside["chain"].texts["mapped"]] == ["mapped", "map", "12 trained"]
    outer = drawn.inside["outer"]
    assert set(outer.kinds) == {"input(0)", "sum(-1)", "input($2)", "mid", "inner", "sum(-2)", "sum"}
    assert set(outer.inside["inner"].kinds) == {"input(0)", "deep(-1)", "deep"}
    assert outer.inside["inner"].kinds["deep"] == ["trained", "end"]
    arrows = Counter(arrow[:2] for part in drawn.everywhere() for arrow in part.arrows)
    assert arrows == Counter(expected_arrows(spec, spec.stages))
    assert arrows["inner", "sum"] == 2


def test_a_table_looked_up_at_every_step_has_its_shape_and_parameters(tmp_path):
    (tmp_path / "table.yml").write_text(
        """
name: table
costFn: mse
stages: [graph]
outputs: graph
specs:
- {name: graph, type: recurrent, inputs: input, inputDim: 1, outputDim: 3, timespan: 5, stages: [words],
   outputs: words}
- {name: words, type: lut, recurrent: true, inputs: input(0), inputDim: 7, outputDim: 3, learningRate: 0.1}
"""
    )
    graph = build_graph(load_spec(tmp_path / "table.yml"), input_shape=(5, 1))
    words = check(draw_graph(graph)).inside["graph"].texts["words"]
    assert [text for text, *_ in words] == ["words", "lut", "(None, 3)", "21 trained", "output"]


# Any graph.


@st.composite
def any_graph(draw):
    """Sizes of up to a dozen boxes, and arrows from earlier to later ones, some of them twice."""
    count = draw(st.integers(1, 12))
    lengths = st.integers(20, 300)
    sizes = {f"b{number}": (draw(lengths), draw(lengths)) for number in range(count)}
    pairs = list(combinations(sizes, 2))
    arrows = draw(st.lists(st.sampled_from(pairs), max_size=25)) if pairs else []
    return sizes, arrows


@settings(max_examples=60)
@given(any_graph())
def test_boxes_lie_apart_and_arrows_pass_beside_them_whatever_the_graph(graph):
    sizes, arrows = graph
    layout = lay_out(sizes, arrows)
    corners = {
        name: (x, y, x + sizes[name][0], y + sizes[name][1]) for name, (x, y) in layout.corners.items()
    }
    assert corners.keys() == sizes.keys()
    routes = [(*arrow, list(pairwise(route))) for arrow, route in zip(arrows, layout.routes, strict=True)]
    check_places(corners, routes)
    for left, top, right, bottom in corners.values():
        assert min(left, top) > -1e-6
        assert right < layout.width + 1e-6
        assert bottom < layout.height + 1e-6
    assert lay_out(sizes, arrows) == layout


def test_boxes_in_a_chain_are_below_each_other():
    sizes = {"a": (40, 20), "b": (200, 20), "c": (90, 20)}
    layout = lay_out(sizes, [("a", "b"), ("b", "c")])
    middles = [layout.corners[name][0] + sizes[name][0] / 2 for name in sizes]
    assert middles == pytest.approx([middles[0]] * 3)


def rows_and_links(sizes, links):
    rows = [[(f"{layer}-{place}", layer) for place in range(size)] for layer, size in enumerate(sizes)]
    return rows, [(rows[layer][upper], rows[layer + 1][lower]) for layer, upper, lower in links]


@given(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12))
def test_crossings_are_counted_as_by_looking_at_every_pair(links):
    rows, pairs = rows_and_links([5, 5], [(0, *link) for link in sorted(links)])
    below = {node: [lower for upper, lower in pairs if upper == node] for row in rows for node in row}
    crossing = [(a, b) for a, b in combinations(sorted(links), 2) if a[0] < b[0] and a[1] > b[1]]
    assert count_crossings(rows, below) == len(crossing)


def test_crossings_that_need_not_be_are_taken_out():
    # Ways that part and meet, as in 2-VIS+BLSTM. Sweeps from the given order or its mirror image get nowhere.
    rows, links = rows_and_links(
        [1, 2, 3, 2], [(0, 0, 0), (0, 0, 1), (1, 0, 0), (1, 0, 1), (1, 1, 2), (2, 0, 0), (2, 2, 0), (2, 1, 1)]
    )
    ordered = order_rows(rows, links)
    below = {node: [lower for upper, lower in links if upper == node] for row in rows for node in row}
    assert count_crossings(rows, below) == 1
    assert count_crossings(ordered, below) == 0
    assert [sorted(row) for row in ordered] == rows
