"""The name of a picture: what questions and image features know it by."""

import re
from pathlib import PurePosixPath

_MSCOCO_STEM = re.compile(r"COCO_[A-Za-z]+[0-9]{4}_([0-9]+)")
_PICTURE_SUFFIXES = frozenset(
    {".bmp", ".gif", ".jpe", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)


def image_name(file_name: str) -> str:
    """Returns the name of the image in a picture's file.

    It is the file's stem. Numbers lose their leading zeros, and of the file names of MS-COCO only the number
    counts, so that `COCO_train2014_000000000042.jpg`, `000000000042.png` and `42` are one image. The stem
    ends at the suffix of a picture format; any other dot belongs to the name.

    Args:
        file_name: a file name, with or without folders and suffix.
    """
    path = PurePosixPath(file_name)
    stem = path.stem if path.suffix.lower() in _PICTURE_SUFFIXES else path.name
    mscoco = _MSCOCO_STEM.fullmatch(stem)
    number = mscoco[1] if mscoco else stem
    return (number.lstrip("0") or "0") if number.isascii() and number.isdigit() else stem


def image_order(name: str) -> tuple[bool, int, str]:
    """Sorts the names of images: numbers first and by their value, then the other names in theirs.

    Args:
        name: a name as `image_name` returns it, so without leading zeros where it is a number.
    """
    is_number = name.isascii() and name.isdigit()
    return not is_number, len(name) if is_number else 0, name
