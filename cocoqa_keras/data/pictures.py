"""Picture files: found, named and decoded."""

import os
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image, ImageOps

from cocoqa_keras.data.image_names import image_name, image_order
from cocoqa_keras.errors import InputError

PICTURE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp"})
MAX_PIXELS = 50_000_000

# Pillow knows more formats; some start other programs, none is met in data sets.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "WEBP")
_TOO_LARGE = f"has more than {MAX_PIXELS:,} pixels; make it smaller"


class Picture(NamedTuple):
    """A picture file, and the name that questions know its image by."""

    name: str
    path: Path


def find_pictures(folder: str | Path) -> list[Picture]:
    """Finds the pictures in a folder and in those below it.

    Files and folders whose names begin with a dot are left out, and so are folders behind links.

    Returns:
        the pictures, numbers first and in their order, then the other names in theirs.

    Raises:
        InputError: the folder cannot be read, it has no pictures, two files are of one image, or the name
            of a file cannot be printed.
    """
    folder = Path(folder)
    by_name: dict[str, Path] = {}
    for path in _picture_files(folder):
        name = image_name(path.name)
        if name in by_name:
            raise InputError(f"{by_name[name]} and {path} are both image {name}; remove or rename one")
        by_name[name] = path
    if not by_name:
        suffixes = ", ".join(sorted(PICTURE_SUFFIXES))
        raise InputError(f"{folder}: no pictures in it or below it ({suffixes}); give another folder")
    return [Picture(name, by_name[name]) for name in sorted(by_name, key=image_order)]


def has_pictures(folder: str | Path) -> bool:
    """Whether there are pictures in a folder or in those below it, as `find_pictures` finds them.

    Raises:
        InputError: the folder cannot be read, or the name of a file cannot be printed.
    """
    return bool(_picture_files(Path(folder)))


def read_picture(path: str | Path) -> np.ndarray:
    """Reads a picture file; see `decode_picture`.

    Returns:
        uint8 (H, W, 3), RGB.

    Raises:
        InputError: there is no such file, it cannot be read, or it is no picture that can be decoded.
    """
    path = Path(path)
    try:
        if not path.is_file():  # a pipe or a device could be read for ever
            raise InputError(f"no picture file {path}")
        with path.open("rb") as file:
            return decode_picture(file, str(path))
    except OSError as error:
        raise InputError(f"no picture file {path} that can be read: {error.strerror}") from error


def decode_picture(file: BinaryIO, name: str) -> np.ndarray:
    """Decodes a picture: PNG, JPEG, WebP, BMP, or the first frame of a GIF.

    It is turned as its EXIF orientation says. Of 16 bits a colour the upper 8 are taken, and what is
    transparent lies on white.

    Args:
        file: its content.
        name: what messages call it.

    Returns:
        uint8 (H, W, 3), RGB.

    Raises:
        InputError: it is damaged or no picture, or it has more than `MAX_PIXELS` pixels, which is found out
            before it is decoded.
    """
    try:
        with Image.open(file, formats=_FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise InputError(f"{name}: {_TOO_LARGE}")
            picture.load()
            return np.asarray(_rgb(_upright(picture)))
    except InputError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"{name}: {_TOO_LARGE}") from error
    except Exception as error:  # there is hardly one that decoders do not raise on damaged files
        raise InputError(f"{name}: not a picture that can be read; give a PNG or JPEG file") from error


def media_type(path: Path) -> str | None:
    """What a file is by its first bytes, such as `image/png`; None where it is no picture that we read."""
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            return picture.get_format_mimetype()
    except Exception:  # as above
        return None


def _picture_files(folder: Path) -> list[Path]:
    """The files that are named as pictures are, sorted by path."""
    paths = []
    try:
        for place, folders, files in os.walk(folder, onerror=_raise):
            folders[:] = [name for name in folders if not name.startswith(".")]
            paths += [Path(place) / name for name in files if not name.startswith(".")]
    except OSError as error:
        raise InputError(
            f"cannot read {error.filename}: {error.strerror}; give a folder of pictures"
        ) from error
    pictures = sorted(path for path in paths if path.suffix.lower() in PICTURE_SUFFIXES)
    for path in pictures:
        if not path.name.isprintable():  # as are bytes that are not UTF-8
            raise InputError(f"{str(path)!a}: the file's name cannot be printed; rename it")
    return pictures


def _raise(error: OSError) -> None:
    raise error


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # damaged EXIF data do not spoil the picture
        return picture


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # Pillow itself would cut 16 bits off at 255
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        opaque = picture.convert("RGBA")
        white = Image.new("RGBA", opaque.size, "white")
        return Image.alpha_composite(white, opaque).convert("RGB")
    return picture.convert("RGB")
