"""Image features without a pretrained network: a small convolutional network with fixed random weights.

A picture passes a bank of random colour filters at several scales, ReLU, pooling over a grid, and a random
fully connected layer with ReLU. As in the last hidden layer of VGG-19, whose place they take in the demo data
set, the features are non-negative and about a quarter of them are not zero.

Both layers add up whole numbers below 2^24, which float32 holds exactly: the features are the same on every
machine, for any number of threads, and whatever other pictures are computed along.

Reference: Saxe et al. (2011), "On random weights and unsupervised feature learning".
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from cocoqa_keras.data.drawing import draw_picture, random_scenes

INPUT_SIZE = 96
FEATURE_COUNT = 4096
NONZERO_SHARE = 0.25
# Brings the norms of most rows to 50 to 110, as with VGG-19: the published learning rates suit that scale.
FEATURE_SCALE = 3.1

_FILTER_SIZE = 7
_FILTER_LIMIT = 100  # the largest weight of a filter, a whole number
_STEPS = 32  # whole numbers a standard deviation, in which the pooled responses are expressed
_BATCH_SIZE = 50
_REFERENCE_PICTURES = 200


class _Level(NamedTuple):
    """One scale: the picture is reduced, filtered with a stride, and pooled over grid x grid cells."""

    reduction: int
    filters: int
    stride: int
    grid: int


_LEVELS = (
    _Level(reduction=4, filters=512, stride=1, grid=1),
    _Level(reduction=2, filters=256, stride=2, grid=1),
    _Level(reduction=4, filters=64, stride=1, grid=4),
)


class _Standardization(NamedTuple):
    """Mean and standard deviation of the pooled responses, (cells,) each."""

    mean: np.ndarray
    std: np.ndarray

    def __call__(self, pooled: np.ndarray) -> np.ndarray:
        return np.rint((pooled - self.mean) / self.std * _STEPS).astype(np.float32)


class _FullyConnected(NamedTuple):
    """Weights of 1 and -1, (cells, features), and thresholds above which outputs count, (features,)."""

    weights: np.ndarray
    thresholds: np.ndarray

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        return np.maximum(inputs @ self.weights - self.thresholds, 0)


def extract(images: np.ndarray) -> np.ndarray:
    """Computes the features of pictures.

    Args:
        images: uint8 (N, H, W, 3), RGB. Sizes other than `INPUT_SIZE` are resampled.

    Returns:
        float32 (N, 4096).

    Raises:
        ValueError: `images` is of another shape or type.
    """
    if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8:
        raise ValueError(f"expected uint8 pictures (N, H, W, 3), got {images.dtype} {images.shape}")
    standardize, fully_connected = _calibrated_layers()
    features = fully_connected(standardize(_pooled(images)))
    return features * np.float32(FEATURE_SCALE / (_STEPS * np.sqrt(len(standardize.mean))))


def resize(image: np.ndarray) -> np.ndarray:
    """A picture, uint8 (H, W, 3), in the size that filters see, uint8 (`INPUT_SIZE`, `INPUT_SIZE`, 3).

    A picture of that size stays as it is.
    """
    return np.asarray(Image.fromarray(image).resize((INPUT_SIZE, INPUT_SIZE)))


@cache
def _calibrated_layers() -> tuple[_Standardization, _FullyConnected]:
    """The layers after pooling, set on reference pictures so that no feature is always zero or never."""
    random = np.random.RandomState(1)
    scenes = random_scenes(_REFERENCE_PICTURES, random)
    pooled = _pooled(np.stack([np.asarray(draw_picture(scene, random)) for scene in scenes]))
    standardize = _Standardization(pooled.mean(axis=0), pooled.std(axis=0))
    weights = (2 * random.randint(0, 2, (pooled.shape[1], FEATURE_COUNT)) - 1).astype(np.float32)
    outputs = standardize(pooled) @ weights
    thresholds = np.quantile(outputs, 1 - NONZERO_SHARE, axis=0, method="lower")
    return standardize, _FullyConnected(weights, thresholds)


def _pooled(images: np.ndarray) -> np.ndarray:
    """The filters' mean responses in the cells of every level, rounded, float64 (N, cells)."""
    return np.concatenate([_pool_batch(batch) for batch in _batches(images)])


def _batches(images: np.ndarray) -> Iterator[np.ndarray]:
    """Batches of pictures in the input size, uint8; one empty batch where there are none."""
    for start in range(0, max(1, len(images)), _BATCH_SIZE):
        batch = images[start : start + _BATCH_SIZE]
        resized = np.empty((len(batch), INPUT_SIZE, INPUT_SIZE, 3), dtype=np.uint8)
        for row, image in enumerate(batch):
            resized[row] = resize(image)
        yield resized


def _pool_batch(batch: np.ndarray) -> np.ndarray:
    cells = []
    for level, filters in zip(_LEVELS, _filters(), strict=True):
        size = INPUT_SIZE // level.reduction
        blocks = batch.reshape(-1, size, level.reduction, size, level.reduction, 3)
        reduced = np.rint(blocks.mean(axis=(2, 4), dtype=np.float32)) - 128
        responses = np.maximum(_convolve(reduced, filters, level.stride), 0)
        for band in np.array_split(responses, level.grid, axis=1):
            for cell in np.array_split(band, level.grid, axis=2):
                cells.append(np.rint(cell.mean(axis=(1, 2), dtype=np.float64)))
    return np.concatenate(cells, axis=1)


def _convolve(images: np.ndarray, filters: np.ndarray, stride: int) -> np.ndarray:
    """Valid convolution of (N, H, W, 3) with (size * size * 3, F): (N, H', W', F)."""
    windows = sliding_window_view(images, (_FILTER_SIZE, _FILTER_SIZE), axis=(1, 2))[:, ::stride, ::stride]
    patches = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, len(filters))
    return (patches @ filters).reshape(*windows.shape[:3], filters.shape[1])


@cache
def _filters() -> tuple[np.ndarray, ...]:
    """For each level, Gabor filters of random orientation, phase, frequency and colour."""
    random = np.random.RandomState(0)
    return tuple(_gabor_filters(level.filters, random) for level in _LEVELS)


def _gabor_filters(count: int, random: np.random.RandomState) -> np.ndarray:
    """Whole numbers, float32 (size * size * 3, count)."""
    orientation, phase = random.uniform(0, 2 * np.pi, (2, count, 1, 1))
    frequency = random.uniform(0, 0.3, (count, 1, 1))  # cycles a pixel
    y, x = np.mgrid[:_FILTER_SIZE, :_FILTER_SIZE] - (_FILTER_SIZE - 1) / 2
    waves = np.cos(2 * np.pi * frequency * (x * np.cos(orientation) + y * np.sin(orientation)) + phase)
    window = np.exp(-(x**2 + y**2) / (2 * (_FILTER_SIZE / 4) ** 2))
    colors = random.standard_normal((count, 1, 1, 3))
    filters = ((waves * window)[..., np.newaxis] * colors).reshape(count, -1)
    largest = np.abs(filters).max(axis=1, keepdims=True)
    return np.rint(filters / largest * _FILTER_LIMIT).T.astype(np.float32)
