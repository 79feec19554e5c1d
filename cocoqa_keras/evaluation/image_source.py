"""The features of an image, by what a user calls it."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from cocoqa_keras.data.convolution_bank import extract
from cocoqa_keras.data.dataset import read_image_names
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.errors import InputError
from cocoqa_keras.models.image_features import open_features
from cocoqa_keras.spec.model_spec import ModelSpec

COCO_PREFIX = "coco:"
_MOST_DIGITS = 18  # of a number that is an image id; a longer one is the name of a file


class ImageSource:
    """Finds the features of images.

    An image goes by one of three names:

    - its id in the encoded data, a number from 1: the image in row r of the features has the id r + 1;
    - `coco:` and its MS-COCO id, as in `coco:393243`, which the data set's `imgid_dict.pkl` translates;
    - the path of a picture file, where the features are those of the demo data: only their extractor is
      part of this package. (A file whose name is a number needs its folder before it, as in `./12`.)

    Args:
        features: the image features.
        folder: the data folder, for `imgid_dict.pkl`.
    """

    def __init__(self, features: SparseFeatures, folder: str | Path) -> None:
        self._features = features
        self._folder = Path(folder)

    @classmethod
    def open(
        cls, spec: ModelSpec, folder: str | Path, features: str | Path | None = None
    ) -> "ImageSource | None":
        """The images that a model may be asked about, or None for a model that takes no image.

        Args:
            spec: the model file.
            folder: the data folder.
            features: the file of the image features; by default it is looked for, see `open_features`.

        Raises:
            InputError: there are no such features.
        """
        opened = open_features(spec, folder, features)
        return None if opened is None else cls(opened, folder)

    @property
    def width(self) -> int:
        """Number of features of an image."""
        return self._features.shape[1]

    def locate(self, image: int | str | Path) -> int | Path:
        """Where an image is: its row in the features (from 0), or its picture file.

        Raises:
            InputError: there is no such image, or pictures cannot be used.
        """
        name = str(image)
        if name.startswith(COCO_PREFIX):
            return self._row_of(name.removeprefix(COCO_PREFIX))
        if name.isascii() and name.isdigit() and len(name) <= _MOST_DIGITS:
            count = len(self._features)
            if not 1 <= int(name) <= count:
                raise InputError(
                    f"no image {name}: ids go from 1 to {count}; an MS-COCO id is written {COCO_PREFIX}{name}"
                )
            return int(name) - 1
        if not self._takes_pictures:
            raise InputError(
                f"image {name}: {self._features.path} is not from this program's extractor, so a picture "
                f"file has no features; give an image id such as 1, or an MS-COCO id such as {COCO_PREFIX}9"
            )
        return Path(name)

    def read(self, images: Sequence[int | str | Path]) -> np.ndarray:
        """The features of some images, float32 (N, width).

        Raises:
            InputError: there is no such image, or a file cannot be read.
        """
        places = [self.locate(image) for image in images]
        features = np.empty((len(places), self.width), np.float32)
        in_rows = np.array([isinstance(place, int) for place in places], bool)
        features[in_rows] = self._features.read([place for place in places if isinstance(place, int)])
        for position in np.flatnonzero(~in_rows):
            features[position] = _features_of_picture(places[position])
        return features

    def _row_of(self, coco_id: str) -> int:
        try:
            return self._rows[coco_id]
        except KeyError:
            raise InputError(
                f"no image {COCO_PREFIX}{coco_id}: {self._folder / 'imgid_dict.pkl'} has no such MS-COCO id"
            ) from None

    @cached_property
    def _rows(self) -> dict[str, int]:
        """The row of each MS-COCO id."""
        path = self._folder / "imgid_dict.pkl"
        names = read_image_names(path)
        if len(names) != len(self._features):
            raise InputError(
                f"{path} has {len(names)} images, and {self._features.path} has {len(self._features)} rows; "
                f"use the features of this data set"
            )
        return {name: row for row, name in enumerate(names)}

    @cached_property
    def _takes_pictures(self) -> bool:
        """Whether the extractor makes the first row of the first picture, which demo data lie beside."""
        picture = self._features.path.parent / "images" / f"{1:012}.png"
        return picture.is_file() and np.array_equal(
            _features_of_picture(picture), self._features.read([0])[0]
        )


def _features_of_picture(path: Path) -> np.ndarray:
    """What the demo data's extractor makes of a picture, float32 (4096,)."""
    try:
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
    except FileNotFoundError:
        raise InputError(f"no picture file {path}") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: not a picture that can be read; give a PNG or JPEG file") from error
    return extract(pixels[np.newaxis])[0]
