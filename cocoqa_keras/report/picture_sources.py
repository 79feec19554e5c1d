"""Where a page takes its pictures from."""

import base64
import io
import os
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from cocoqa_keras.data.picture_files import Pictures
from cocoqa_keras.data.pictures import read_picture
from cocoqa_keras.errors import InputError

THUMBNAIL_SIZE = (160, 120)  # pixels at most
_QUALITY = 70  # of JPEG, in percent


class PictureSources:
    """The addresses of pictures, as the pages of a folder give them.

    Args:
        pictures: where the pictures are.
        folder: the folder of the pages.
        embeds: put a thumbnail of each file into the page, instead of a relative link to it.
    """

    def __init__(self, pictures: Pictures, folder: Path, embeds: bool) -> None:
        self._pictures = pictures
        self._folder = folder.resolve()
        self._embeds = embeds
        self._known: dict[str, str | None] = {}

    def find(self, image: str) -> str | None:
        """The address of a picture, for `src`, or None where it is missing or cannot be read."""
        if image not in self._known:
            self._known[image] = self._find(image)
        return self._known[image]

    def _find(self, image: str) -> str | None:
        place = self._pictures.find(image)
        if not isinstance(place, Path):
            return place
        if self._embeds:
            return _thumbnail(place)
        return _address(place.resolve(), self._folder)


def _address(place: Path, folder: Path) -> str:
    """The address of a file, relative to a folder where there is a way from it."""
    try:
        relative = os.path.relpath(place, folder)
    except ValueError:  # on Windows, from one drive to another
        return place.as_uri()
    return quote(os.fsencode(relative.replace(os.sep, "/")))


def _thumbnail(path: Path) -> str | None:
    """A small copy of a picture as a `data:` address."""
    try:
        picture = Image.fromarray(read_picture(path))
    except InputError:
        return None
    picture.thumbnail(THUMBNAIL_SIZE)
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=_QUALITY)
    return data_address(content.getvalue(), "image/jpeg")


def data_address(content: bytes, media_type: str) -> str:
    """A file's content as an address, for pages that have to do without the file."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
