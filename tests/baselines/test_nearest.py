"""The exact search for nearest neighbours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.baselines import nearest as search
from cocoqa_keras.baselines.nearest import Points, nearest
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_writer import write_features


def by_sorting(points, queries, k):
    """Every distance in double precision, one by one."""

    def vectors(some):
        return np.concatenate([some.words, some.features.read(some.images)], axis=1).astype(np.float64)

    distances = [np.square(vectors(points) - query).sum(axis=1) for query in vectors(queries)]
    return np.array([np.argsort(row, kind="stable")[:k] for row in distances])


@pytest.fixture(scope="module")
def few_features(tmp_path_factory):
    """Features of 6 images, small integers: sums of their squares are exact, and distances often equal."""
    path = tmp_path_factory.mktemp("features") / "features.h5"
    write_features(path, np.random.RandomState(0).randint(0, 3, (6, 4)))
    with SparseFeatures(path) as features:
        yield features


@pytest.fixture(scope="module")
def many_features(tmp_path_factory):
    path = tmp_path_factory.mktemp("features") / "features.h5"
    write_features(path, np.maximum(np.random.RandomState(0).standard_normal((300, 50)), 0))
    with SparseFeatures(path) as features:
        yield features


@pytest.fixture
def small_blocks(monkeypatch):
    """The search in blocks as small as its limits for memory allow."""
    monkeypatch.setattr(search, "_BLOCK", 3)
    monkeypatch.setattr(search, "_PAIRS", 5)
    monkeypatch.setattr(search, "_VALUES", 40)
    monkeypatch.setattr(search, "_SPARE", 1)


def random_points(count, features, seed):
    random = np.random.RandomState(seed)
    words = random.standard_normal((count, 7)).astype(np.float32)
    return Points(words, random.randint(0, len(features), count), features)


@st.composite
def tied_points(draw, features):
    count = draw(st.integers(1, 25))
    words = draw(st.lists(st.integers(-1, 1), min_size=count, max_size=count))
    images = draw(st.lists(st.integers(0, len(features) - 1), min_size=count, max_size=count))
    return Points(np.array(words, np.float32)[:, None], np.array(images), features)


@given(data=st.data())
@settings(max_examples=150)
def test_ties_and_repeats_are_in_order_of_their_rows_whatever_the_blocks(few_features, data):
    points, queries = data.draw(tied_points(few_features)), data.draw(tied_points(few_features))
    k = data.draw(st.integers(1, len(points)))
    with pytest.MonkeyPatch.context() as patch:
        for name, most in (("_BLOCK", 9), ("_PAIRS", 9), ("_VALUES", 90), ("_SPARE", 3)):
            patch.setattr(search, name, data.draw(st.integers(1, most)))
        found = nearest(points, queries, k)
    np.testing.assert_array_equal(found, by_sorting(points, queries, k))


@pytest.mark.parametrize("k", [1, 13, 600])
def test_neighbours_are_those_of_double_precision(many_features, k):
    points, queries = random_points(600, many_features, 1), random_points(90, many_features, 2)
    np.testing.assert_array_equal(nearest(points, queries, k), by_sorting(points, queries, k))


def test_neighbours_are_the_same_in_small_blocks(many_features, small_blocks):
    points, queries = random_points(60, many_features, 1), random_points(20, many_features, 2)
    np.testing.assert_array_equal(nearest(points, queries, 5), by_sorting(points, queries, 5))


def test_a_long_way_from_the_origin_single_precision_does_not_decide(many_features):
    """Squares of 1e8 in single precision are 8 apart: most distances here look the same."""
    points, queries = random_points(400, many_features, 1), random_points(30, many_features, 2)
    points.words[:, 0] += 1e4
    queries.words[:, 0] += 1e4
    np.testing.assert_array_equal(nearest(points, queries, 4), by_sorting(points, queries, 4))


def test_the_same_vector_many_times_is_found_in_order_of_rows(few_features):
    points = Points(np.ones((500, 2), np.float32), np.full(500, 3), few_features)
    np.testing.assert_array_equal(nearest(points, points, 9), np.tile(np.arange(9), (500, 1)))


def test_no_query_has_no_neighbours(few_features):
    points = Points(np.ones((5, 2), np.float32), np.arange(5), few_features)
    nobody = Points(np.ones((0, 2), np.float32), np.arange(0), few_features)
    assert nearest(points, nobody, 3).shape == (0, 3)
