"""The names by which questions and features know a picture."""

import pytest

from cocoqa_keras.data.image_names import image_name


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("COCO_train2014_000000123456.jpg", "123456"),
        ("COCO_val2014_000000000042.jpg", "42"),
        ("pictures/COCO_test2015_000000000007.JPG", "7"),
        ("000000000001.png", "1"),
        ("000.png", "0"),
        ("17", "17"),
        ("0017", "17"),
        ("kitchen.jpeg", "kitchen"),
        ("holiday/kitchen 2.tiff", "kitchen 2"),
        ("kitchen", "kitchen"),
        ("v1.2", "v1.2"),
        ("v1.2.png", "v1.2"),
        ("COCO_kitchen.jpg", "COCO_kitchen"),
        ("²²", "²²"),
        ("", ""),
    ],
)
def test_the_name_is_the_stem_or_the_number(file_name, expected):
    assert image_name(file_name) == expected
