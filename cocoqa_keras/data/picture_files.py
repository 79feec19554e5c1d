"""The pictures that questions are about, by the names of their images: files, or addresses in the web."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cocoqa_keras.data.image_names import image_name
from cocoqa_keras.data.pictures import find_pictures, has_pictures
from cocoqa_keras.data.source_files import read_json
from cocoqa_keras.errors import InputError

DEFAULT_FOLDER = "images"
_URL_FIELDS = ("coco_url", "flickr_url")
_FIELDS = ("images", "file_name", "id", *_URL_FIELDS)


class Pictures:
    """Where the picture of an image is.

    Args:
        places: the file, or the address, of each image by its name.
    """

    def __init__(self, places: Mapping[str, Path | str]) -> None:
        self._places = places

    def find(self, name: str) -> Path | str | None:
        """The file of a picture, or its address in the web, or None where neither is known.

        Args:
            name: the name of the image, in any of the ways that `image_name` takes for one.
        """
        return self._places.get(image_name(name))


def open_pictures(folder: Path | None, annotations: Path | None, data: Path) -> Pictures:
    """Lists the pictures that there are.

    Args:
        folder: a folder of pictures, searched with the folders in it, whose files are named as `image_name`
            says. By default the folder `images` in the data folder or above it, where one has pictures.
        annotations: an annotation file of MS-COCO (JSON), for the addresses of images without a file.
        data: the data folder.

    Raises:
        InputError: the folder that is given has no pictures, there are two of one image, or the annotation
            file is damaged.
    """
    if folder is None:
        folder = _default_folder(data)
    addresses = {} if annotations is None else _read_addresses(annotations)
    files = {} if folder is None else {picture.name: picture.path for picture in find_pictures(folder)}
    return Pictures({**addresses, **files})


def _default_folder(data: Path) -> Path | None:
    candidates = (folder / DEFAULT_FOLDER for folder in (data, data.parent))
    return next((place for place in candidates if place.is_dir() and has_pictures(place)), None)


def _read_addresses(path: Path) -> dict[str, str]:
    """The address of each image that has one, by the image's name."""
    content = read_json(path, _FIELDS)
    images = content.get("images") if isinstance(content, dict) else None
    if not isinstance(images, list):
        raise InputError(f"{path}: has no list of images; give an annotation file of MS-COCO")
    addresses = {}
    for number, image in enumerate(images):
        where = f"{path}, images[{number}]"
        name, address = _parse_image(image, where)
        if address:
            addresses[name] = _checked_address(address, where)
    return addresses


def _parse_image(image: Any, where: str) -> tuple[str, Any]:
    """The name of an image, which is its file's or else its number, and its address, if any."""
    name = image.get("file_name", image.get("id")) if isinstance(image, dict) else None
    if type(name) not in (str, int):
        raise InputError(f"{where}: has neither file_name nor id; fetch the annotation file anew")
    return image_name(str(name)), next(filter(None, map(image.get, _URL_FIELDS)), None)


def _checked_address(address: Any, where: str) -> str:
    """The address, once it is known to be one that is safe to link to."""
    if isinstance(address, str) and address.isprintable() and not any(map(str.isspace, address)):
        try:
            parts = urlsplit(address)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme in ("http", "https") and parts.netloc:
            return address
    raise InputError(f"{where}: {address!r:.80} is not an http or https address; mend the file")
