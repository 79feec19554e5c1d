"""The features of an image, by what a user calls it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cocoqa_keras.data.convolution_bank import extract
from cocoqa_keras.data.drawing import draw_picture, random_scenes
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.data.formats import write_pickle
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.image_source import ImageSource


@pytest.fixture
def source(tiny_features, tiny_folder):
    """Eight images, whose MS-COCO ids are 100 to 107."""
    return ImageSource(tiny_features, tiny_folder)


@pytest.fixture(scope="module")
def drawn_folder(tmp_path_factory):
    """Three pictures and their features, laid out as the demo data are."""
    folder = tmp_path_factory.mktemp("demo")
    random = np.random.RandomState(5)
    pictures = [draw_picture(scene, random) for scene in random_scenes(48, random)[:3]]
    (folder / "images").mkdir()
    for number, picture in enumerate(pictures, 1):
        picture.save(folder / "images" / f"{number:012}.png")
    features = extract(np.stack([np.asarray(picture) for picture in pictures]))
    write_features(folder / "features.h5", features, extractor="convolution_bank")
    return folder


@pytest.fixture
def drawn(drawn_folder):
    with SparseFeatures(drawn_folder / "features.h5") as features:
        yield ImageSource(features, drawn_folder)


def test_an_image_goes_by_its_id_from_1_or_by_its_coco_id(source, tiny_features):
    rows = tiny_features.read(np.arange(8))
    images = [1, "8", "coco:100", "coco:107", 1]
    np.testing.assert_array_equal(source.read(images), rows[[0, 7, 0, 7, 0]])
    assert source.read(images).dtype == np.float32
    assert source.width == 10


def test_no_images_are_no_rows(source):
    assert source.read([]).shape == (0, 10)


def test_a_picture_file_has_the_features_of_the_demo_data(drawn, drawn_folder):
    picture = drawn_folder / "images" / "000000000002.png"
    mixed = drawn.read([3, picture, str(picture), 2])
    rows = drawn.read([3, 2, 2, 2])
    np.testing.assert_array_equal(mixed, rows)
    assert np.abs(rows[0] - rows[1]).max() > 1


def test_a_picture_of_any_size_and_kind_will_do(drawn, drawn_folder, tmp_path):
    with Image.open(drawn_folder / "images" / "000000000001.png") as picture:
        for kind, name in (("RGBA", "with_alpha.png"), ("L", "grey.jpg"), ("P", "palette.gif")):
            picture.convert(kind).resize((130, 70)).save(tmp_path / name)
            assert (drawn.read([tmp_path / name]) > 0).any()


def refuse(source, image, message):
    with pytest.raises(InputError, match=message) as caught:
        source.read([image])
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("image", [0, 9, "0", "9", "100"])
def test_an_id_that_there_is_not_is_refused_and_coco_ids_are_named(source, image):
    refuse(source, image, f"no image {image}: ids go from 1 to 8; .*coco:{image}")


@pytest.mark.parametrize("image", ["coco:1", "coco:", "coco:0100", "coco:x"])
def test_a_coco_id_that_the_data_do_not_have_is_refused(source, image):
    refuse(source, image, f"no image {image}: .*imgid_dict.pkl")


def test_an_index_of_other_features_is_refused(tiny_features, tmp_path):
    write_pickle(tmp_path / "imgid_dict.pkl", ["100", "101"])
    refuse(ImageSource(tiny_features, tmp_path), "coco:100", "has 8 rows, and the data have 2 images")


@pytest.mark.parametrize("image", ["cat.png", Path("cat.png"), -1, "1.5", "", "²", "9" * 5000])
def test_a_picture_is_refused_where_features_come_from_elsewhere(source, image):
    refuse(source, image, "not from this program's extractor.*give an image id")


@pytest.mark.parametrize("extractor", ["vgg19 fc2, weights sha256 0123456789ab", None])
def test_features_that_cannot_be_made_again_take_no_pictures(drawn_folder, tmp_path, extractor):
    write_features(tmp_path / "features.h5", np.ones((2, 4096)), extractor=extractor)
    with SparseFeatures(tmp_path / "features.h5") as features:
        source = ImageSource(features, tmp_path)
        refuse(source, drawn_folder / "images" / "000000000002.png", extractor or "elsewhere")


def test_a_file_that_names_another_extractor_than_its_own_takes_no_pictures(drawn_folder, tmp_path):
    write_features(tmp_path / "features.h5", np.ones((2, 10)), extractor="convolution_bank")
    with SparseFeatures(tmp_path / "features.h5") as features:
        source = ImageSource(features, tmp_path)
        message = "10 features of an image, and its extractor, convolution_bank, makes 4096"
        refuse(source, drawn_folder / "images" / "000000000002.png", message)


def test_what_is_no_picture_is_refused(drawn, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    whole = tmp_path / "whole.png"
    Image.fromarray(np.random.RandomState(0).randint(0, 256, (90, 90, 3)).astype(np.uint8)).save(whole)
    (tmp_path / "cut.png").write_bytes(whole.read_bytes()[:5000])
    for path in (tmp_path / "nowhere.png", tmp_path, "a\0b"):
        refuse(drawn, path, "no picture file")
    for path in (tmp_path / "text.png", tmp_path / "cut.png"):
        refuse(drawn, path, "not a picture that can be read")


def test_the_source_of_a_model_without_image_is_none(tiny_spec, tiny_folder):
    assert ImageSource.open(tiny_spec("bow"), tiny_folder) is None


def test_the_source_of_a_model_is_found_beside_the_data(tiny_spec, tiny_folder, tiny_features):
    source = ImageSource.open(tiny_spec("img_bow"), tiny_folder)
    np.testing.assert_array_equal(source.read([2]), tiny_features.read([1]))
