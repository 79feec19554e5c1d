"""The names by which questions and features know a picture."""

import pytest

from cocoqa_keras.data.image_names import image_name, image_order


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


def test_numbers_come_first_and_in_their_order():
    names = ["b", "10", "9", "a", "0", "100000000000000000000", "\uff12"]
    assert sorted(names, key=image_order) == ["0", "9", "10", "100000000000000000000", "a", "b", "\uff12"]
