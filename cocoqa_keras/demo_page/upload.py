"""A picture that comes from the browser, and goes back to it: the server keeps none."""

import base64
import io
from typing import BinaryIO

import numpy as np
from PIL import Image

from cocoqa_keras.data.pictures import decode_picture
from cocoqa_keras.errors import InputError

MAX_BYTES = 10 * 2**20
MAX_SIDE = 512  # pixels: more than any extractor sees


class Upload:
    """A picture, made small enough to travel with every question about it.

    Args:
        picture: uint8 (H, W, 3), RGB, of any size. One of at most `MAX_SIDE` pixels a side stays as it is.

    Attributes:
        picture: uint8 (H, W, 3), RGB, H and W at most `MAX_SIDE`.
    """

    def __init__(self, picture: np.ndarray) -> None:
        image = Image.fromarray(picture)
        image.thumbnail((MAX_SIDE, MAX_SIDE))
        self.picture = np.asarray(image)

    @classmethod
    def read(cls, file: BinaryIO) -> "Upload":
        """Decodes a picture file.

        Raises:
            InputError: it is no picture, damaged or too large.
        """
        return cls(decode_picture(file, "Your picture"))

    @classmethod
    def from_base64(cls, text: str) -> "Upload":
        """The picture of which `base64` was sent to the browser.

        Raises:
            InputError: it did not come back as it went.
        """
        try:
            content = base64.b64decode(text, validate=True)
        except ValueError as error:
            raise InputError("Your picture did not arrive whole; please choose it again.") from error
        return cls.read(io.BytesIO(content))

    @property
    def base64(self) -> str:
        """The picture as a PNG file, which loses nothing, in base64."""
        file = io.BytesIO()
        Image.fromarray(self.picture).save(file, "PNG")
        return base64.b64encode(file.getvalue()).decode()
