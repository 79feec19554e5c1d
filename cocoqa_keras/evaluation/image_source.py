"""The features of an image, by what a user calls it."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from cocoqa_keras.data.dataset_files import read_image_names
from cocoqa_keras.data.extractors import Extractor, can_reopen, reopen_extractor
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_file import INDEX_FILE
from cocoqa_keras.data.pictures import read_picture
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
    - the path of a picture file, where the features tell what made them, as those of the demo data and of
      `cocoqa-data features` do, and that was not a network with weights of a user's own. (A file whose name
      is a number needs its folder before it, as in `./12`.)

    Args:
        features: the image features.
        folder: the data folder, for `imgid_dict.pkl`.

    Attributes:
        features: the image features.
    """

    def __init__(self, features: SparseFeatures, folder: str | Path) -> None:
        self.features = features
        self._index = Path(folder) / INDEX_FILE

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
        return self.features.shape[1]

    @property
    def files(self) -> list[Path]:
        """The files that tell the features of an image."""
        return [self.features.path, *([self._index] if self._index.is_file() else [])]

    @property
    def takes_pictures(self) -> bool:
        """Whether the features tell what made them, so that those of another picture can be computed."""
        return can_reopen(self.features.extractor)

    def locate(self, image: int | str | Path) -> int | Path:
        """Where an image is: its row in the features (from 0), or its picture file.

        Raises:
            InputError: there is no such image, or pictures cannot be used.
        """
        name = str(image)
        if name.startswith(COCO_PREFIX):
            return self._row_of(name.removeprefix(COCO_PREFIX))
        if name.isascii() and name.isdigit() and len(name) <= _MOST_DIGITS:
            count = len(self.features)
            if not 1 <= int(name) <= count:
                raise InputError(
                    f"no image {name}: ids go from 1 to {count}; an MS-COCO id is written {COCO_PREFIX}{name}"
                )
            return int(name) - 1
        if not self.takes_pictures:
            made_by = self.features.extractor or "elsewhere"
            raise InputError(
                f"image {name}: a picture has no features, as {self.features.path} is not from this "
                f"program's extractor but from {made_by}; give an image id such as 1, or as {COCO_PREFIX}9"
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
        features[in_rows] = self.features.read([place for place in places if isinstance(place, int)])
        for position in np.flatnonzero(~in_rows):
            features[position] = self.features_of(read_picture(places[position]))
        return features

    def features_of(self, picture: np.ndarray) -> np.ndarray:
        """What the features' own extractor makes of a picture, uint8 (H, W, 3): float32 (width,).

        Raises:
            InputError: the extractor cannot be made anew, or makes features of another width.
        """
        return self._extractor(self._extractor.prepare(picture)[np.newaxis])[0]

    def _row_of(self, coco_id: str) -> int:
        try:
            return self._rows[coco_id]
        except KeyError:
            raise InputError(
                f"no image {COCO_PREFIX}{coco_id}: {self._index} has no such MS-COCO id"
            ) from None

    @cached_property
    def _rows(self) -> dict[str, int]:
        """The row of each MS-COCO id."""
        names = read_image_names(self._index)
        self.features.check_images(names)
        return {name: row for row, name in enumerate(names)}

    @cached_property
    def _extractor(self) -> Extractor:
        extractor = reopen_extractor(self.features.extractor)
        if extractor.width != self.width:
            raise InputError(
                f"{self.features.path} has {self.width} features of an image, and its extractor, "
                f"{extractor.description}, makes {extractor.width}; give an image id instead of a picture"
            )
        return extractor
