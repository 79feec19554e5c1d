"""Image features from random filters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cocoqa_keras.data.convolution_bank import FEATURE_COUNT, INPUT_SIZE, NONZERO_SHARE, extract
from cocoqa_keras.data.drawing import draw_picture, random_scenes


@pytest.fixture(scope="module")
def pictures():
    random = np.random.RandomState(7)
    return np.stack([np.asarray(draw_picture(scene, random)) for scene in random_scenes(120, random)])


@pytest.fixture(scope="module")
def features(pictures):
    return extract(pictures)


def test_noise_has_the_features_measured_once():
    noise = np.random.RandomState(0).randint(0, 256, (2, INPUT_SIZE, INPUT_SIZE, 3)).astype(np.uint8)
    features = extract(noise)
    assert np.linalg.norm(features, axis=1) == pytest.approx([101.23, 98.34], rel=0.01)
    assert (features > 0).mean(axis=1) == pytest.approx([0.2937, 0.2917], abs=0.01)
    assert features[:, [0, 3]].ravel() == pytest.approx([2.920, 4.094, 0, 4.165], abs=0.2)


def test_features_look_like_those_of_vgg(features):
    assert features.shape == (120, FEATURE_COUNT)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert (features >= 0).all()
    assert (features > 0).mean() == pytest.approx(NONZERO_SHARE, abs=0.05)
    norms = np.linalg.norm(features, axis=1)
    assert 50 < np.median(norms) < 110
    assert np.mean((norms > 50) & (norms < 110)) > 0.7


def test_every_feature_varies(features):
    deviations = features.std(axis=0)
    assert deviations.min() > 0.1 * deviations.mean()


def test_a_picture_has_the_same_features_alone_as_among_others(pictures, features):
    for row in (0, 49, 50, 119):
        np.testing.assert_array_equal(extract(pictures[row : row + 1])[0], features[row])


def test_a_picture_keeps_its_features_when_it_is_larger(pictures, features):
    larger = extract(pictures[:20].repeat(2, axis=1).repeat(2, axis=2))
    assert np.abs(larger - features[:20]).mean() < 0.1 * features[:20].mean()


@settings(max_examples=20)
@given(
    st.tuples(st.integers(0, 3), st.integers(1, 40), st.integers(1, 40)).flatmap(
        lambda shape: arrays(np.uint8, (*shape, 3))
    )
)
def test_any_picture_has_finite_features(images):
    features = extract(images)
    assert features.shape == (len(images), FEATURE_COUNT)
    assert np.isfinite(features).all()
    assert (features >= 0).all()


@pytest.mark.parametrize("shape", [(96, 96, 3), (1, 96, 96, 1), (1, 96, 96, 4)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected uint8 pictures \(N, H, W, 3\), got uint8"):
        extract(np.zeros(shape, np.uint8))


def test_pictures_of_floats_are_refused():
    with pytest.raises(ValueError, match="got float32"):
        extract(np.zeros((1, 96, 96, 3), np.float32))
