"""Pictures side by side."""

import numpy as np
import pytest
from PIL import Image

from cocoqa_keras.data.picture_files import Pictures
from cocoqa_keras.data.picture_grid import picture_grid


@pytest.fixture
def pictures(tmp_path):
    Image.new("RGB", (8, 6), "red").save(tmp_path / "1.png")
    return Pictures({"1": tmp_path / "1.png", "2": "http://images.cocodataset.org/2.jpg"})


def shown(axis):
    """What an axis shows: its caption, the pictures in it, and other text."""
    return axis.get_title(), [image.get_array() for image in axis.images], [t.get_text() for t in axis.texts]


def test_pictures_stand_below_their_captions(pictures):
    figure = picture_grid(pictures, ["1"], ["what is it?\nred"])
    ((caption, (picture,), texts),) = map(shown, figure.axes)
    assert caption == "what is it?\nred"
    np.testing.assert_array_equal(picture, np.tile(np.uint8([255, 0, 0]), (6, 8, 1)))
    assert texts == []


def test_a_picture_without_a_file_is_told_by_its_address_or_by_its_absence(pictures):
    figure = picture_grid(pictures, ["2", "3"], ["a", "b"])
    assert [shown(axis)[1:] for axis in figure.axes] == [
        ([], ["http://images.cocodataset.org/2.jpg"]),
        ([], ["no picture of 3"]),
    ]


@pytest.mark.parametrize("count, rows_and_columns", [(1, (1, 1)), (4, (1, 4)), (5, (2, 4)), (8, (2, 4))])
def test_rows_are_filled_one_by_one(count, rows_and_columns, pictures):
    figure = picture_grid(pictures, ["1"] * count, ["caption"] * count)
    assert figure.axes[0].get_gridspec().get_geometry() == rows_and_columns
    assert [len(axis.images) for axis in figure.axes] == [1] * count + [0] * (len(figure.axes) - count)


def test_long_captions_are_broken(pictures):
    (axis,) = picture_grid(pictures, ["1"], ["what is the color of the umbrella in the picture?"]).axes
    assert axis.get_title() == "what is the color of the\numbrella in the picture?"


def test_a_caption_a_picture(pictures):
    with pytest.raises(ValueError, match="zip"):
        picture_grid(pictures, ["1", "2"], ["only one"])
