"""The drawn pictures of the demo data set."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.data.drawing import (
    COLORS,
    KINDS,
    MOST_OBJECTS,
    PICTURE_SIZE,
    PLACES,
    Scene,
    draw_picture,
    random_scenes,
)

SCENES = st.builds(
    Scene,
    place=st.sampled_from(list(PLACES)),
    kind=st.sampled_from(list(KINDS)),
    color=st.sampled_from(list(COLORS)),
    count=st.integers(1, MOST_OBJECTS),
)
SEEDS = st.integers(0, 2**32 - 1)


def pixels(scene, seed=0):
    return np.asarray(draw_picture(scene, np.random.RandomState(seed)))


@given(SCENES, SEEDS)
def test_a_scene_and_a_seed_make_one_picture(scene, seed):
    picture = pixels(scene, seed)
    assert picture.shape == (PICTURE_SIZE, PICTURE_SIZE, 3)
    np.testing.assert_array_equal(picture, pixels(scene, seed))
    assert (picture != pixels(scene, seed ^ 1)).any()


@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_holds_its_colour_as_often_as_its_objects(kind, color):
    """Among pictures of all places, the pixels near the colour grow with the number of objects."""

    def near_color(count):
        pictures = np.stack([pixels(Scene(place, kind, color, count)) for place in PLACES]).astype(float)
        return (np.linalg.norm(pictures - COLORS[color], axis=-1) < 60).mean()

    areas = [near_color(count) for count in range(1, MOST_OBJECTS + 1)]
    assert areas == sorted(areas)
    assert areas[-1] - areas[0] > 0.02


@pytest.mark.parametrize("other", [{"place": "snow"}, {"kind": "car"}, {"color": "red"}, {"count": 1}])
def test_every_fact_of_a_scene_is_seen(other):
    scene = {"place": "room", "kind": "cat", "color": "blue", "count": 4}
    changed = (pixels(Scene(**scene)) != pixels(Scene(**(scene | other)))).any(axis=-1)
    assert changed.mean() > 0.05


def test_random_scenes_are_balanced_and_their_facts_independent():
    scenes = random_scenes(4800, np.random.RandomState(0))
    for fact, values in (("place", PLACES), ("kind", KINDS), ("color", COLORS), ("count", range(1, 5))):
        counts = Counter(getattr(scene, fact) for scene in scenes)
        assert counts == dict.fromkeys(values, 4800 // len(values))
    pairs = Counter((scene.kind, scene.color) for scene in scenes)
    assert len(pairs) == 48
    assert 60 < min(pairs.values()) <= max(pairs.values()) < 140
