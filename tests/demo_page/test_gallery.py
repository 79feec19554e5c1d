"""The images of a data set, page by page."""

import itertools

import pytest

from cocoqa_keras.data.picture_files import Pictures, open_pictures
from cocoqa_keras.demo_page import gallery as gallery_module
from cocoqa_keras.demo_page.gallery import Gallery
from cocoqa_keras.errors import InputError


@pytest.fixture
def gallery(dataset, colored):
    return Gallery(dataset, open_pictures(None, None, colored / "cocoqa"))


def test_images_of_the_test_part_come_first(gallery):
    assert gallery.page(1) == [3, 1, 2, 4]
    assert gallery.first == 3


@pytest.mark.parametrize("size", [1, 3, 8, 9])
def test_every_image_is_on_one_page(tiny_dataset, monkeypatch, size):
    monkeypatch.setattr(gallery_module, "PAGE_SIZE", size)
    gallery = Gallery(tiny_dataset, Pictures({}))
    pages = [gallery.page(number) for number in range(1, gallery.page_count + 1)]
    assert sorted(itertools.chain(*pages)) == list(range(1, 9))
    assert all(0 < len(page) <= size for page in pages)
    for number, page in enumerate(pages, 1):
        assert {gallery.page_of(image_id) for image_id in page} == {number}


def test_questions_of_the_test_part_are_offered_each_once(gallery):
    assert gallery.questions_about(1) == ["what color is it"]
    assert gallery.questions_about(4) == []


def test_an_image_has_the_name_and_the_picture_of_its_row(gallery, colored):
    assert gallery.name(2) == "102"
    assert gallery.picture_file(2) == colored / "images" / "102.png"


def test_a_picture_elsewhere_in_the_web_is_none(dataset):
    assert Gallery(dataset, Pictures({"101": "https://example.org/101.jpg"})).picture_file(1) is None


def test_images_are_found_by_their_id(gallery):
    assert [gallery.find(text) for text in ("1", "4", "004")] == [1, 4, 4]


@pytest.mark.parametrize("text", ["0", "5", "-1", "1.0", "", "²", "101", "9" * 5000, "../1"])
def test_an_image_that_there_is_not_is_refused(gallery, text):
    with pytest.raises(InputError, match=r"There is no image .*; they go from 1 to 4\.") as caught:
        gallery.find(text)
    assert len(str(caught.value)) < 100
