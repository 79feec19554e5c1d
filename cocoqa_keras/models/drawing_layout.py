"""Where the boxes and arrows of a drawing go: in layers, from top to bottom."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scipy.optimize import linprog
from scipy.sparse import coo_array

from cocoqa_keras.models.drawing_order import Node, Rows, order_rows

BOX_GAP = 28.0  # between boxes side by side
LINE_GAP = 18.0  # between an arrow that passes and what stands beside it
LAYER_GAP = 34.0  # between layers, for straight arrows
MOST_EXTRA_GAP = 36.0  # for slanted ones
PORT_GAP = 22.0  # between arrows where they end at one box
CHAIN_COST = 8.0  # of slant where neither box has another arrow at that side; elsewhere it is 1
WIDTH_COST = 0.05

Point = tuple[float, float]
Size = tuple[float, float]
Arrow = tuple[str, str]
Link = tuple[Node, Node, float]  # from one layer to the next; the lower end is that far right of the middle


@dataclass(frozen=True)
class Layout:
    """Places, with the origin in the upper left corner and y downward.

    Attributes:
        corners: the upper left corner of each box.
        routes: for each arrow, the ends of its pieces: a vertical one within a layer, then one through the
            gap below it, and so on, the last one vertical again. No box reaches into a gap.
        width: of the whole.
        height: of the whole.
    """

    corners: dict[str, Point]
    routes: list[list[Point]]
    width: float
    height: float


def lay_out(sizes: Mapping[str, Size], arrows: Sequence[Arrow]) -> Layout:
    """Places the boxes of a graph so that arrows point down and pass beside the boxes.

    A box is in the layer below the lowest box that it reads; one that reads nothing is just above its first
    reader. Arrows from one box share their way past others.

    Args:
        sizes: width and height of each box, every box after those that it reads.
        arrows: source and target of each arrow; a pair may occur twice.
    """
    layers = _layers(sizes, arrows)
    chains = [_chain(source, target, layers) for source, target in arrows]
    boxes = {(name, layer): sizes[name] for name, layer in layers.items()}
    rows: Rows = [[] for _ in range(1 + max(layers.values()))]
    for node in dict.fromkeys([*boxes, *(node for chain in chains for node in chain)]):
        rows[node[1]].append(node)
    rows = order_rows(rows, dict.fromkeys(pair for chain in chains for pair in pairwise(chain)))
    ways = _ways(chains, rows, boxes)
    links = list(dict.fromkeys(link for way in ways for link in way))
    columns = _columns(rows, boxes, links)
    tops, bottoms = _levels(rows, boxes, links, columns)

    corners, routes = {}, []
    for (name, layer), (width, height) in boxes.items():
        corners[name] = (columns[name, layer] - width / 2, (tops[layer] + bottoms[layer] - height) / 2)
    for way, (source, target) in zip(ways, arrows, strict=True):
        route = []
        for upper, lower, port in way:
            route += [(columns[upper], bottoms[upper[1]]), (columns[lower] + port, tops[lower[1]])]
        start = (route[0][0], corners[source][1] + sizes[source][1])
        routes.append([start, *route, (route[-1][0], corners[target][1])])
    width = max(corner[0] + sizes[name][0] for name, corner in corners.items())
    return Layout(corners, routes, max([width, *(x for route in routes for x, _ in route)]), bottoms[-1])


def _layers(names: Iterable[str], arrows: Sequence[Arrow]) -> dict[str, int]:
    """The layer of each box: the length of the longest way that leads to it."""
    sources, targets = defaultdict(list), defaultdict(list)
    for source, target in arrows:
        sources[target].append(source)
        targets[source].append(target)
    layers: dict[str, int] = {}
    for name in names:
        layers[name] = 1 + max((layers[source] for source in sources[name]), default=-1)
    for name in layers:
        if targets[name] and not sources[name]:
            layers[name] = min(layers[target] for target in targets[name]) - 1
    return layers


def _chain(source: str, target: str, layers: Mapping[str, int]) -> list[Node]:
    """What an arrow goes through, layer by layer."""
    return [*((source, layer) for layer in range(layers[source], layers[target])), (target, layers[target])]


def _ways(chains: Sequence[Sequence[Node]], rows: Rows, boxes: Mapping[Node, Size]) -> list[list[Link]]:
    """The links of each arrow; those to one box end side by side, in the order in which they come."""
    places = {node: place for row in rows for place, node in enumerate(row)}
    arriving = defaultdict(list)
    for index, chain in enumerate(chains):
        arriving[chain[-1]].append(index)
    ways: list[list[Link]] = [[(*pair, 0.0) for pair in pairwise(chain)] for chain in chains]
    for box, indices in arriving.items():
        gap = min(PORT_GAP, 0.7 * boxes[box][0] / len(indices))
        indices.sort(key=lambda index: places[chains[index][-2]])
        for place, index in enumerate(indices):
            ways[index][-1] = (*chains[index][-2:], gap * (place - (len(indices) - 1) / 2))
    return ways


def _columns(rows: Rows, boxes: Mapping[Node, Size], links: Sequence[Link]) -> dict[Node, float]:
    """The x of the middle of each node, such that the arrows slant least.

    A linear programme. Its unknowns are the x of each node, how far each link slants, and the width of the
    drawing; each condition is factors of unknowns, and what their sum is at most.

    Reference:
        Gansner, Koutsofios, North and Vo: A technique for drawing directed graphs (1993), section 4.2.
    """
    x = {node: number for number, node in enumerate(node for row in rows for node in row)}
    half_widths = {node: boxes[node][0] / 2 if node in boxes else 0.0 for node in x}
    whole = len(x) + len(links)
    conditions: list[tuple[dict[int, float], float]] = []
    costs = [0.0] * len(x)
    leaving, arriving = Counter(upper for upper, _, _ in links), Counter(lower for _, lower, _ in links)
    for slant, (upper, lower, port) in enumerate(links, len(x)):
        conditions.append(({x[upper]: 1, x[lower]: -1, slant: -1}, port))
        conditions.append(({x[upper]: -1, x[lower]: 1, slant: -1}, -port))
        costs.append(CHAIN_COST if leaving[upper] == arriving[lower] == 1 else 1.0)
    for left, right in (pair for row in rows for pair in pairwise(row)):
        gap = BOX_GAP if left in boxes and right in boxes else LINE_GAP
        conditions.append(({x[left]: 1, x[right]: -1}, -gap - half_widths[left] - half_widths[right]))
    conditions += [({number: 1, whole: -1}, -half_widths[node]) for node, number in x.items()]
    entries = [
        (factor, row, number) for row, (left, _) in enumerate(conditions) for number, factor in left.items()
    ]
    factors, row_numbers, numbers = zip(*entries, strict=True)
    solution = linprog(
        [*costs, WIDTH_COST],
        A_ub=coo_array((factors, (row_numbers, numbers)), (len(conditions), whole + 1)),
        b_ub=[bound for _, bound in conditions],
        bounds=[(least, None) for least in (*half_widths.values(), *[0.0] * (len(links) + 1))],
    )
    return {node: float(solution.x[number]) for node, number in x.items()}


def _levels(
    rows: Rows, boxes: Mapping[Node, Size], links: Sequence[Link], columns: Mapping[Node, float]
) -> tuple[list[float], list[float]]:
    """The y where each layer begins, and where it ends; slanted arrows get more room below it."""
    slants = defaultdict(float)
    for upper, lower, port in links:
        slants[upper[1]] = max(slants[upper[1]], abs(columns[lower] + port - columns[upper]))
    tops, bottoms, y = [], [], 0.0
    for layer, row in enumerate(rows):
        tops.append(y)
        bottoms.append(y + max(boxes[node][1] for node in row if node in boxes))
        y = bottoms[-1] + LAYER_GAP + min(slants[layer] / 8, MOST_EXTRA_GAP)
    return tops, bottoms
