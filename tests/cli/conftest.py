"""A tiny data set for the commands, made with the package's own writers."""

import shutil

import keras
import numpy as np
import pytest
from quick_run import trained

from cocoqa_keras.data.encode import choose_encoding, write_encoded
from cocoqa_keras.data.examples import Examples, Parts
from cocoqa_keras.data.features_writer import write_features

IMAGES = ("102", "205", "309", "412", "517", "620")
FEATURE_WIDTH = 6
NOUNS = ("cat", "dog", "horse")
COLORS = ("red", "blue", "green")


@pytest.fixture(scope="session")
def tiny_original(tmp_path_factory):
    """A folder with an encoded data set, `cocoqa`, and its features above it; to be left as it is."""
    folder = tmp_path_factory.mktemp("tiny")
    random = np.random.RandomState(0)
    parts = Parts(*(_examples(count, random) for count in (40, 10, 12)))
    write_encoded(folder / "cocoqa", choose_encoding(parts, IMAGES))
    features = np.maximum(random.standard_normal((len(IMAGES), FEATURE_WIDTH)), 0)
    write_features(folder / "hidden_oxford_mscoco.h5", features)
    return folder


@pytest.fixture
def tiny(tiny_original, tmp_path, monkeypatch):
    """A copy of the tiny data set in the working folder."""
    shutil.copytree(tiny_original, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def bow(tiny_original, tmp_path_factory):
    """The folder of a run of BOW on the tiny data, with its SavedModel; to be left as it is."""
    return trained("bow", tmp_path_factory.mktemp("bow"), "--data", tiny_original / "cocoqa", epochs=4)


@pytest.fixture(scope="session")
def img_bow(tiny_original, tmp_path_factory):
    """That of a run of IMG+BOW."""
    output = tmp_path_factory.mktemp("img_bow")
    return trained("img_bow", output, "--data", tiny_original / "cocoqa", epochs=4)


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """A cache for the demo data, which are built once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def demo_in_test_cache(cache, monkeypatch):
    """No test reads or writes the user's own cache."""
    monkeypatch.setenv("COCOQA_KERAS_CACHE", str(cache))


@pytest.fixture(autouse=True)
def precision_restored():
    """A command sets the precision of its whole process."""
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def _examples(count, random):
    """Two questions, whose answers an image has in common."""
    examples = Examples([], [], [], [])
    for _ in range(count):
        image = random.randint(len(IMAGES))
        noun, color = NOUNS[image % 3], COLORS[image // 2]
        asks_color = random.randint(2)
        question = f"what is the color of the {noun}" if asks_color else "what is in the picture"
        examples.questions.append(question.split())
        examples.answers.append(color if asks_color else noun)
        examples.images.append(IMAGES[image])
        examples.types.append(2 if asks_color else 0)
    return examples
