"""A run that knows three colors for certain, as its weights are set by hand."""

import numpy as np
import pytest
from PIL import Image

from cocoqa_keras.data.convolution_bank import extract
from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.data.encode import choose_encoding, write_encoded
from cocoqa_keras.data.examples import Example, Examples, Parts
from cocoqa_keras.data.extractors import BANK
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.demo_page.demonstrated_run import DemonstratedRun, open_images
from cocoqa_keras.demo_page.questioner import Questioner
from cocoqa_keras.export.saved_model import write_saved_model
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo

PICTURES = {
    "101": "red",
    "102": "green",
    "103": "blue",
    "104": "gray",
}  # the last one is not in the test part
QUESTION = "what color is it"
CONTRARY = "not"  # a word that makes any answer green


@pytest.fixture(scope="session")
def colored(tmp_path_factory):
    """A data set, `cocoqa`, of pictures of one color each, with their features and files beside it."""
    folder = tmp_path_factory.mktemp("colored")
    (folder / "images").mkdir()
    for name, color in PICTURES.items():
        Image.new("RGB", (96, 96), color).save(folder / "images" / f"{name}.png")
    pictures = np.stack([np.asarray(Image.open(folder / "images" / f"{name}.png")) for name in PICTURES])
    write_features(folder / "hidden_oxford_mscoco.h5", extract(pictures), extractor=BANK, images=[*PICTURES])
    examples = [Example(QUESTION.split(), color, name, 2) for name, color in PICTURES.items()]
    train = Examples.of([*examples, Example([CONTRARY], "green", "104", 2)])
    test = Examples.of([examples[2], examples[0], examples[0], examples[1]])
    write_encoded(folder / "cocoqa", choose_encoding(Parts(train, Examples.of([]), test), [*PICTURES]))
    return folder


@pytest.fixture(scope="session")
def dataset(colored):
    return load_dataset(colored / "cocoqa")


@pytest.fixture(scope="session")
def spec(tiny_spec):
    return tiny_spec("img_bow")


@pytest.fixture(scope="session")
def questioner(colored, dataset, spec, tmp_path_factory):
    """A model whose logit is 10 for the color of the picture, and 40 for green after the contrary word."""
    with SparseFeatures(colored / "hidden_oxford_mscoco.h5") as stored:
        model = build_model(spec, DatasetInfo.of(dataset, stored))
        features = stored.read(range(len(PICTURES)))
    vectors, weights = (np.zeros(weight.shape, np.float32) for weight in model.trainable_weights)
    width = vectors.shape[1]
    vectors[dataset.question_words.id_of(CONTRARY) - 1, 0] = 1
    green = dataset.answers.id_of("green")
    weights[0, green] = 40
    answers = dataset.answers.encode(PICTURES.values())
    weights[width:-1] = 10 * np.linalg.pinv(features) @ np.eye(len(dataset.answers))[answers]
    for weight, value in zip(model.trainable_weights, (vectors, weights), strict=True):
        weight.assign(value)
    folder = tmp_path_factory.mktemp("run") / "saved_model"
    write_saved_model(folder, model, dataset.question_words, dataset.answers)
    return Questioner(folder, dataset.question_words, dataset.answers)


@pytest.fixture(scope="session")
def run(questioner, spec, colored):
    """The run as the page has it."""
    images, gallery = open_images(spec, questioner.image_width, colored / "cocoqa", None, None)
    return DemonstratedRun("img_bow-20260101", "img_bow", 0.75, questioner, images, gallery)
