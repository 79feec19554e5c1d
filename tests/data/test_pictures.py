"""Picture files: found, named and decoded."""

import os
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cocoqa_keras.data import pictures
from cocoqa_keras.data.pictures import find_pictures, read_picture
from cocoqa_keras.errors import InputError

RED, BLUE = (255, 0, 0), (0, 0, 255)


def refuse(function, path, message):
    with pytest.raises(InputError, match=message) as caught:
        function(path)
    assert len(str(caught.value).splitlines()) == 1


def two_colors(mode="RGB"):
    """Red above, blue below, 4 pixels high and 2 wide."""
    picture = Image.new("RGB", (2, 4), RED)
    picture.paste(BLUE, (0, 2, 2, 4))
    return picture.convert(mode)


# Finding.


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_pictures_are_found_in_all_folders_and_come_by_number_then_by_name(tmp_path):
    touch(
        tmp_path,
        "10.png",
        "b.GIF",
        "sub/9.webp",
        "sub/deep/COCO_val2014_000000000011.jpg",
        "a.jpeg",
        "007.bmp",
    )
    assert [picture.name for picture in find_pictures(tmp_path)] == ["7", "9", "10", "11", "a", "b"]
    assert find_pictures(tmp_path)[1].path == tmp_path / "sub" / "9.webp"


def test_other_files_and_hidden_ones_are_left_out(tmp_path):
    touch(tmp_path, "1.png", ".2.png", ".hidden/3.png", "notes.txt", "4.tiff", "png")
    (tmp_path / "folder.png").mkdir()
    assert [picture.name for picture in find_pictures(tmp_path)] == ["1"]


def test_two_files_of_one_image_are_both_named(tmp_path):
    touch(tmp_path, "42.png", "sub/COCO_train2014_000000000042.jpg")
    refuse(find_pictures, tmp_path, r"42\.png and .*COCO_train2014_000000000042\.jpg are both image 42")


def test_a_folder_without_pictures_is_refused(tmp_path):
    refuse(find_pictures, tmp_path, "no pictures in it")
    refuse(find_pictures, tmp_path / "nowhere", "cannot read .*nowhere: No such file")
    touch(tmp_path, "1.png")
    refuse(find_pictures, tmp_path / "1.png", "cannot read .*: Not a directory")


@pytest.mark.parametrize("name", [b"\xff.png", b"new\nline.png"])
def test_a_name_that_cannot_be_printed_is_refused(tmp_path, name):
    path = os.fsencode(tmp_path) + b"/" + name
    with open(path, "wb"):  # noqa: PTH123
        pass
    refuse(find_pictures, tmp_path, "name cannot be printed; rename it")


# Decoding.


@pytest.mark.parametrize("suffix", ["png", "bmp", "gif", "webp"])
@pytest.mark.parametrize("mode", ["RGB", "P"])
def test_colours_and_places_are_kept(tmp_path, suffix, mode):
    options = {"lossless": True} if suffix == "webp" else {}
    two_colors(mode).save(tmp_path / f"picture.{suffix}", **options)
    pixels = read_picture(tmp_path / f"picture.{suffix}")
    assert (pixels.shape, pixels.dtype) == ((4, 2, 3), np.uint8)
    np.testing.assert_array_equal(pixels, np.asarray(two_colors()))


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_jpeg_is_read_in_either_colour_space(tmp_path, mode):
    picture = Image.new("RGB", (16, 16), RED).convert(mode)
    picture.save(tmp_path / "picture.jpg", quality=100)
    assert np.abs(read_picture(tmp_path / "picture.jpg").astype(int) - RED).max() < 4


@pytest.mark.parametrize("mode", ["1", "L"])
def test_grey_becomes_three_equal_colours(tmp_path, mode):
    Image.new(mode, (3, 2), 255).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "grey.png"), np.full((2, 3, 3), 255))


def test_of_16_bits_the_upper_8_are_taken(tmp_path):
    grey = np.array([[0, 255, 256, 40000, 65535]], np.uint16)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "grey.png")[0, :, 0], [0, 0, 1, 156, 255])


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_what_is_transparent_lies_on_white(tmp_path, mode):
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).convert("LA" if mode == "LA" else "RGBA").save(
        tmp_path / "clear.png"
    )
    if mode == "PA":
        clear = Image.new("P", (2, 2), 0)
        clear.putpalette([0, 0, 0])
        clear.save(tmp_path / "clear.png", transparency=0)
    assert (read_picture(tmp_path / "clear.png") == 255).all()


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (1, lambda p: p),
        (2, np.fliplr),
        (3, lambda p: np.rot90(p, 2)),
        (6, lambda p: np.rot90(p, -1)),
        (8, np.rot90),
    ],
)
def test_a_picture_is_turned_as_the_camera_says(tmp_path, orientation, turn):
    exif = Image.Exif()
    exif[0x0112] = orientation
    two_colors().save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(read_picture(tmp_path / "turned.png"), turn(np.asarray(two_colors())))


def test_damaged_exif_data_do_not_spoil_a_picture(tmp_path):
    two_colors().save(tmp_path / "picture.png", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff no such thing")
    assert read_picture(tmp_path / "picture.png").shape == (4, 2, 3)


def test_the_first_frame_of_an_animation_is_taken(tmp_path):
    frames = [Image.new("RGB", (4, 4), color) for color in (RED, BLUE)]
    frames[0].save(tmp_path / "film.gif", save_all=True, append_images=frames[1:])
    assert (read_picture(tmp_path / "film.gif") == RED).all()


# What is no picture.


def png_of_size(width, height):
    """A PNG file that says it has some size, and has next to no pixels."""

    def chunk(kind, content):
        check = zlib.crc32(kind + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + kind + content + check

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "size", [(50_000_001, 1), (7072, 7072), (10_000, 10_000), (2**31 - 1, 2**31 - 1)], ids=str
)
def test_a_picture_that_would_fill_the_memory_is_refused_by_its_header(tmp_path, size):
    (tmp_path / "bomb.png").write_bytes(png_of_size(*size))
    refuse(read_picture, tmp_path / "bomb.png", "more than 50,000,000 pixels")


def test_the_largest_picture_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PIXELS", 8)
    two_colors().save(tmp_path / "picture.png")
    assert read_picture(tmp_path / "picture.png").shape == (4, 2, 3)
    monkeypatch.setattr(pictures, "MAX_PIXELS", 7)
    refuse(read_picture, tmp_path / "picture.png", "more than")


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path, tmp_path / "nowhere.png", tmp_path / "pipe.png", "/dev/zero", "a\0b", "x" * 5000):
        refuse(read_picture, path, "no picture file|not a picture")


def test_other_formats_are_refused(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "picture.eps")
    (tmp_path / "picture.eps").rename(tmp_path / "picture.png")
    refuse(read_picture, tmp_path / "picture.png", "not a picture that can be read")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A small file of each format."""
    folder = tmp_path_factory.mktemp("whole")
    noise = np.random.RandomState(0).randint(0, 256, (20, 30, 3)).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    for suffix in ("png", "jpg", "webp", "gif", "bmp"):
        Image.fromarray(noise).save(folder / f"picture.{suffix}", exif=exif)
    return {path.suffix: path.read_bytes() for path in folder.iterdir()}


@settings(max_examples=150)
@given(
    suffix=st.sampled_from([".png", ".jpg", ".webp", ".gif", ".bmp"]),
    length=st.floats(0, 1),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
)
@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_a_damaged_file_is_a_picture_or_an_input_error(whole, tmp_path_factory, suffix, length, changes):
    content = bytearray(whole[suffix][: round(len(whole[suffix]) * length)])
    for place, value in changes:
        if content:
            content[int(place * len(content))] = value
    path = tmp_path_factory.getbasetemp() / f"damaged{suffix}"
    path.write_bytes(content)
    try:
        pixels = read_picture(path)
    except InputError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
