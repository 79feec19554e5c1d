"""What turns pictures into image features: the convolution bank, or a network trained on ImageNet."""

import difflib
import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from PIL import Image

from cocoqa_keras.data import convolution_bank
from cocoqa_keras.digests import sha256_of
from cocoqa_keras.errors import InputError, reason_of

if TYPE_CHECKING:
    import keras

BANK = "convolution_bank"

_CENTRE_SHARE = 224 / 256
_DEFAULT_SIZE = 224
# Width and height of the pictures that a network of keras.applications was trained on, where not 224.
SIZES = {
    **{"EfficientNetB1": 240, "EfficientNetB2": 260, "EfficientNetB3": 300, "EfficientNetB4": 380},
    **{"EfficientNetB5": 456, "EfficientNetB6": 528, "EfficientNetB7": 600},
    **{"EfficientNetV2B1": 240, "EfficientNetV2B2": 260, "EfficientNetV2B3": 300},
    **{"EfficientNetV2S": 384, "EfficientNetV2M": 480, "EfficientNetV2L": 480},
    **{"InceptionV3": 299, "InceptionResNetV2": 299, "Xception": 299, "NASNetLarge": 331},
}
_WITH_FC2 = ("VGG16", "VGG19")
_OWN_WEIGHTS = ", weights sha256 "


class Extractor(Protocol):
    """Turns pictures into rows of features.

    Attributes:
        description: what it is, in a few words; it is stored with the features.
        width: number of features.
    """

    description: str
    width: int

    def prepare(self, picture: np.ndarray) -> np.ndarray:
        """A picture, uint8 (H, W, 3), in the size that `__call__` takes, uint8 (size, size, 3)."""

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """The features, float32 (N, width), of prepared pictures, uint8 (N, size, size, 3)."""


def open_extractor(name: str, weights: str | Path | None = None) -> Extractor:
    """Makes an extractor by its name.

    Args:
        name: `convolution_bank`, or a network of `keras.applications`, in upper or lower case and with
            underscores or without: `vgg19`, `mobilenet_v2`.
        weights: a file with weights of the network, `.weights.h5` or the `.h5` of `keras.applications`. By
            default those of ImageNet, which Keras fetches once and keeps.

    Raises:
        InputError: there is no such network, or its weights cannot be had.
    """
    if _plain(name) != _plain(BANK):
        return Network(name, weights)
    if weights is not None:
        raise InputError(f"{BANK} has fixed weights; leave {weights} out, or name a network")
    return ConvolutionBank()


def reopen_extractor(description: str) -> Extractor:
    """Makes the extractor anew that describes itself so.

    Raises:
        InputError: it cannot be told from its description, or its weights cannot be had.
    """
    if not can_reopen(description):
        raise InputError(f"cannot make the extractor {description!r} again: its weights were in a file")
    return open_extractor(description.split(" ")[0])


def can_reopen(description: str | None) -> bool:
    """Whether an extractor can be made anew from its description: not with weights of a user's own."""
    return description is not None and _OWN_WEIGHTS not in description


class ConvolutionBank:
    """The random filters of `convolution_bank`, which need no weights."""

    description = BANK
    width = convolution_bank.FEATURE_COUNT

    def prepare(self, picture: np.ndarray) -> np.ndarray:
        """The whole picture, in the size that the filters see."""
        return convolution_bank.resize(picture)

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """See `convolution_bank.extract`."""
        return convolution_bank.extract(pictures)


class Network:
    """A network of `keras.applications`.

    Of VGG-19 and VGG-16 the features are layer `fc2` (fc7 in Caffe) after ReLU; of other networks, those of
    the last convolution, averaged over the picture. Pictures are treated as is usual for VGG: the shorter
    side becomes 256 pixels, and the central 224 x 224 are taken (other sizes in that proportion, where a
    network was trained on others), which then pass the network's own `preprocess_input`; for VGG, channels
    in the order blue, green, red, less their means in ImageNet.

    Args:
        name: see `open_extractor`.
        weights: see `open_extractor`.

    Raises:
        InputError: there is no such network, or its weights cannot be had.

    Reference: section 3.3 of Ren et al. (2015); Simonyan and Zisserman (2014), "Very deep convolutional
    networks for large-scale image recognition".
    """

    def __init__(self, name: str, weights: str | Path | None) -> None:
        constructor = _find_network(name)
        own_weights = "" if weights is None else f"{_OWN_WEIGHTS}{_digest(Path(weights))[:12]}"
        name = constructor.__name__
        self._size = SIZES.get(name, _DEFAULT_SIZE)
        self._preprocess = inspect.getmodule(constructor).preprocess_input
        self._model = _build(constructor, self._size, weights)
        layer = "fc2" if name in _WITH_FC2 else "average"
        self.description = f"{name.lower()} {layer}{own_weights}"
        self.width: int = self._model.output_shape[-1]

    def prepare(self, picture: np.ndarray) -> np.ndarray:
        """The centre of the picture, in the size that the network takes."""
        height, width = picture.shape[:2]
        side = min(height, width) * _CENTRE_SHARE
        left, top = (width - side) / 2, (height - side) / 2
        centre = (left, top, left + side, top + side)
        size = (self._size, self._size)
        return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC, centre))

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """The network's features of prepared pictures."""
        features = self._model(self._preprocess(pictures.astype(np.float32)), training=False)
        return np.asarray(features, np.float32)


def _find_network(name: str) -> Callable[..., "keras.Model"]:
    """The function of `keras.applications` that makes a network."""
    from keras import applications

    networks = {_plain(known): make for known, make in vars(applications).items() if inspect.isfunction(make)}
    if _plain(name) in networks:
        return networks[_plain(name)]
    known = {_plain(BANK): BANK} | {plain: make.__name__ for plain, make in networks.items()}
    nearest = difflib.get_close_matches(_plain(name), known, n=1, cutoff=0)[0]
    raise InputError(f"no extractor {name!r}; did you mean {known[nearest]}?")


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _build(constructor: Callable[..., "keras.Model"], size: int, weights: str | Path | None) -> "keras.Model":
    """The network from picture to features, with its weights."""
    import keras

    name = constructor.__name__
    options: dict[str, Any] = {"include_top": True}
    if name not in _WITH_FC2:
        options = {"include_top": False, "pooling": "avg", "input_shape": (size, size, 3)}
    try:
        model = constructor(weights="imagenet" if weights is None else None, **options)
    except Exception as error:  # Keras raises a plain one where a file cannot be fetched
        reason = " ".join(str(error).split())
        raise InputError(
            f"cannot fetch the ImageNet weights of {name}: {reason}; go online once, have them in a file "
            f"(cocoqa-data features --weights), or take features that need none (--extractor {BANK})"
        ) from error
    if weights is not None:
        _load_weights(model, Path(weights))
    if name in _WITH_FC2:
        return keras.Model(model.input, model.get_layer("fc2").output)
    return model


def _load_weights(model: "keras.Model", path: Path) -> None:
    try:
        with warnings.catch_warnings():
            # Where parts are missing in the file, Keras warns and leaves random weights in their place.
            warnings.filterwarnings("error", category=UserWarning)
            model.load_weights(path)
    except Exception as error:  # Keras raises many kinds on files that are damaged or of another network
        raise InputError(f"{path}: not the weights of {model.name}: {reason_of(error)}") from error


def _digest(path: Path) -> str:
    """The SHA-256 of a file of weights."""
    if path.suffix != ".h5" or not path.is_file():
        raise InputError(f"no weights at {path}; give a .weights.h5 file, or the .h5 of keras.applications")
    return sha256_of(path)
