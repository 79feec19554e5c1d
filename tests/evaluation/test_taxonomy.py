"""Wu-Palmer similarity against a slow one that walks every path."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from cocoqa_keras.evaluation.taxonomy import Taxonomy


@st.composite
def graphs(draw):
    """For each synset its hypernyms, which come before it; several roots are possible."""
    graph = [[]]
    for place in range(1, draw(st.integers(1, 9))):
        graph.append(draw(st.lists(st.integers(0, place - 1), unique=True, max_size=3)))
    return graph


def names_of(graph, seed):
    return [f"name{number}" for number in np.random.default_rng(seed).permutation(len(graph))]


def paths_to_root(graph, synset):
    above = [path for hypernym in graph[synset] for path in paths_to_root(graph, hypernym)]
    return [[synset, *path] for path in above] or [[synset]]


def steps_between(graph, synset, other):
    """The shortest way up from one and down to the other."""
    ways = [
        path.index(common) + other_path.index(common)
        for path in paths_to_root(graph, synset)
        for other_path in paths_to_root(graph, other)
        for common in set(path) & set(other_path)
    ]
    return min(ways)


def slow_similarity(graph, names, synset, other):
    def above(start):
        return {ancestor for path in paths_to_root(graph, start) for ancestor in path}

    def depths(start):
        return [len(path) for path in paths_to_root(graph, start)]

    common = above(synset) & above(other)
    if not common:
        return 0.0
    lowest = max(min(depths(subsumer)) for subsumer in common)
    candidates = [subsumer for subsumer in common if min(depths(subsumer)) == lowest]
    subsumer = synset if synset in candidates else min(candidates, key=names.__getitem__)
    depth = max(depths(subsumer))
    length = steps_between(graph, synset, subsumer) + depth
    return 2 * depth / (length + steps_between(graph, other, subsumer) + depth)


# The shortest path from the last synset to its ancestor 1 leads over the root.
DETOUR = [[], [0], [1], [2], [3, 0]]


@given(graph=graphs(), seed=st.integers(0, 99))
@example(graph=DETOUR, seed=0)
def test_similarities_follow_every_path(graph, seed):
    names = names_of(graph, seed)
    synsets = range(len(graph))
    similarities = Taxonomy(graph.__getitem__, names.__getitem__).similarities(
        [[synset] for synset in synsets]
    )
    expected = [[slow_similarity(graph, names, row, column) for column in synsets] for row in synsets]
    np.testing.assert_array_equal(similarities, expected)


@given(graph=graphs(), data=st.data())
def test_groups_are_as_similar_as_their_most_similar_members(graph, data):
    taxonomy = Taxonomy(graph.__getitem__, str)
    single = taxonomy.similarities([[synset] for synset in range(len(graph))])
    groups = data.draw(st.lists(st.lists(st.integers(0, len(graph) - 1), max_size=4), max_size=5))
    expected = [[max(single[np.ix_(row, column)].flat, default=0) for column in groups] for row in groups]
    np.testing.assert_array_equal(taxonomy.similarities(groups), np.reshape(expected, (len(groups),) * 2))
