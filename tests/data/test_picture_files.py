"""The pictures that questions are about, by the names of their images."""

import json

import pytest

from cocoqa_keras.data.picture_files import open_pictures
from cocoqa_keras.errors import InputError

COCO_URL = "http://images.cocodataset.org/train2014/COCO_train2014_000000000009.jpg"
FLICKR_URL = "https://farm3.staticflickr.com/2151/2362217714_0.jpg"


@pytest.fixture
def folder(tmp_path):
    """Pictures in a folder and in the folders below it; only their names matter."""
    for name in ("COCO_train2014_000000000042.jpg", "val/000000000043.png", "val/deep/44.webp", "my cat.jpg"):
        path = tmp_path / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "pictures"


@pytest.fixture
def annotations(tmp_path):
    """Writes an annotation file of these images."""

    def write(*images):
        path = tmp_path / "instances.json"
        path.write_text(json.dumps({"info": {}, "images": images}))
        return path

    return write


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("42", "COCO_train2014_000000000042.jpg"),
        ("000000000042", "COCO_train2014_000000000042.jpg"),
        ("COCO_train2014_000000000042.jpg", "COCO_train2014_000000000042.jpg"),
        ("43", "val/000000000043.png"),
        ("44", "val/deep/44.webp"),
        ("my cat", "my cat.jpg"),
    ],
)
def test_a_picture_is_found_by_the_name_of_its_image(folder, tmp_path, name, file):
    assert open_pictures(folder, None, tmp_path).find(name) == folder / file


@pytest.mark.parametrize("name", ["4", "420", "", "../pictures/her cat", "/etc/passwd"])
def test_what_there_is_not_is_none(folder, tmp_path, name):
    assert open_pictures(folder, None, tmp_path).find(name) is None


@pytest.mark.parametrize("place", ["data/cocoqa/images", "data/images"])
def test_pictures_are_looked_for_in_and_above_the_data(tmp_path, place):
    picture = tmp_path / place / "42.png"
    picture.parent.mkdir(parents=True)
    picture.touch()
    assert open_pictures(None, None, tmp_path / "data" / "cocoqa").find("42") == picture


def test_without_any_pictures_all_are_missing(tmp_path):
    assert open_pictures(None, None, tmp_path / "data").find("42") is None
    (tmp_path / "data" / "images").mkdir(parents=True)
    assert open_pictures(None, None, tmp_path / "data").find("42") is None


def test_an_empty_folder_of_the_data_does_not_hide_the_one_above(tmp_path):
    (tmp_path / "data" / "images").mkdir(parents=True)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "42.png").touch()
    assert open_pictures(None, None, tmp_path / "data").find("42") == tmp_path / "images" / "42.png"


def test_annotations_give_addresses(annotations, tmp_path):
    path = annotations(
        {
            "id": 9,
            "file_name": "COCO_train2014_000000000009.jpg",
            "coco_url": COCO_URL,
            "flickr_url": FLICKR_URL,
        },
        {"id": 25, "flickr_url": FLICKR_URL},
        {"id": 1, "file_name": "kitchen.jpg", "coco_url": COCO_URL},
        {"id": 30, "file_name": "COCO_train2014_000000000030.jpg"},
    )
    pictures = open_pictures(None, path, tmp_path / "data")
    assert pictures.find("9") == COCO_URL
    assert pictures.find("25") == FLICKR_URL
    assert pictures.find("kitchen") == COCO_URL
    assert pictures.find("1") is None
    assert pictures.find("30") is None


def test_a_file_goes_before_an_address(folder, annotations, tmp_path):
    pictures = open_pictures(folder, annotations({"id": 42, "coco_url": COCO_URL}), tmp_path)
    assert pictures.find("42") == folder / "COCO_train2014_000000000042.jpg"


def refuse(message, *arguments):
    with pytest.raises(InputError, match=message) as caught:
        open_pictures(*arguments)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//host/1.jpg",
        "http:1.jpg",
        "http://[host/1.jpg",
        "http://host/1.jpg\n",
        "http://host/a b",
        7,
    ],
)
def test_what_is_no_web_address_is_refused(annotations, tmp_path, address):
    path = annotations({"id": 1, "coco_url": COCO_URL}, {"id": 2, "coco_url": address})
    refuse(r"instances.json, images\[1\]: .* is not an http or https address", None, path, tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x80", "not valid JSON"),
        (b'{"images": [', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "no list of images"),
        (b'{"images": {}}', "no list of images"),
        (b'{"images": [7]}', r"images\[0\]: has neither"),
        (b'{"images": [{"coco_url": "http://a/1.jpg"}]}', r"images\[0\]: has neither"),
        (b'{"images": [{"id": true}]}', r"images\[0\]: has neither"),
    ],
)
def test_a_damaged_annotation_file_is_named(tmp_path, content, message):
    path = tmp_path / "instances.json"
    path.write_bytes(content)
    refuse(f"instances.json.*{message}", None, path, tmp_path)


def test_what_is_not_there_is_named(tmp_path):
    refuse("cannot read .*nowhere", tmp_path / "nowhere", None, tmp_path)
    refuse("cannot read .*nowhere.json", None, tmp_path / "nowhere.json", tmp_path)
    (tmp_path / "mine").mkdir()
    refuse("mine: no pictures", tmp_path / "mine", None, tmp_path)
