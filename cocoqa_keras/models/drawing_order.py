"""The order of boxes and passing arrows within the layers of a drawing: one with few crossings."""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import fmean

import numpy as np

MOST_STARTS = 24
MOST_NODES = 2000  # in all starts but the first, so that large graphs do not take long
SWEEPS = 8

Node = tuple[str, int]  # a box in its layer or, in a layer below, the place where its arrows pass
Rows = list[list[Node]]


def order_rows(rows: Rows, links: Iterable[tuple[Node, Node]]) -> Rows:
    """The layers in an order in which few arrows cross.

    Sweeps down and up in turns put each node near the mean place of its neighbours in the layer before. They
    start from the given order, then from shuffled ones, always the same; the first of the best orders counts.

    Args:
        rows: the nodes of each layer, from the top.
        links: pairs of a node and one that an arrow leads to in the layer below.

    Reference:
        Sugiyama, Tagawa and Toda: Methods for visual understanding of hierarchical system structures (1981).
    """
    above, below = defaultdict(list), defaultdict(list)
    for upper, lower in links:
        above[lower].append(upper)
        below[upper].append(lower)
    best, fewest = rows, count_crossings(rows, below)
    random = np.random.RandomState(0)
    for start in range(1 + min(MOST_STARTS, MOST_NODES // sum(map(len, rows)))):
        swept = rows
        if start > 0:
            swept = [[row[place] for place in random.permutation(len(row))] for row in rows]
        for sweep in range(SWEEPS):
            swept = _swept_down(swept, above) if sweep % 2 == 0 else _swept_down(swept[::-1], below)[::-1]
            crossings = count_crossings(swept, below)
            if crossings < fewest:
                best, fewest = swept, crossings
        if fewest == 0:
            break
    return best


def _swept_down(rows: Rows, neighbours: Mapping[Node, Sequence[Node]]) -> Rows:
    """Each row but the first ordered by its neighbours in the one before."""
    swept = rows[:1]
    for row in rows[1:]:
        places = {node: place for place, node in enumerate(swept[-1])}
        centres = {
            node: fmean(places[other] for other in neighbours[node]) if neighbours[node] else place
            for place, node in enumerate(row)
        }
        swept.append(sorted(row, key=centres.__getitem__))
    return swept


def count_crossings(rows: Rows, below: Mapping[Node, Sequence[Node]]) -> int:
    """How many pairs of arrows cross.

    Args:
        rows: the nodes of each layer, from the top.
        below: the nodes that arrows of a node lead to in the layer below.
    """
    count = 0
    for row, next_row in pairwise(rows):
        places = {node: place for place, node in enumerate(next_row)}
        ends: list[int] = []  # of the arrows so far, in ascending order
        for node in row:
            new = [places[other] for other in below[node]]
            count += sum(len(ends) - bisect_right(ends, end) for end in new)
            for end in new:
                insort(ends, end)
    return count
