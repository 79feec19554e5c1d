"""Whether a file is whole: its reader takes it."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import keras
import numpy as np
import onnx
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.formats import read_array, read_pickle
from cocoqa_keras.digests import sha256_of
from cocoqa_keras.spec import load_spec


def _read_picture(path: Path) -> None:
    with Image.open(path) as picture:
        picture.load()


def _read_features(path: Path) -> None:
    with SparseFeatures(path) as features:
        features.read(np.arange(len(features)))


def _read_lines(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if not text.endswith("\n"):
        raise ValueError("the last line is cut short")


def _read_page(path: Path) -> None:
    if not path.read_text(encoding="utf-8").rstrip().endswith("</html>"):
        raise ValueError("the page is cut short")


def _read_events(path: Path) -> None:
    """A last record that is cut short is left out by its reader."""
    list(EventFileLoader(str(path)).Load())


def _read_checkpoint(path: Path) -> None:
    if sha256_of(path) != path.stem.partition("-")[2]:
        raise ValueError("the checkpoint is not what its name says")


READERS: dict[str, Callable[[Path], object]] = {
    ".json": lambda path: json.loads(path.read_text(encoding="utf-8")),
    ".jsonl": lambda path: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()],
    ".npy": read_array,
    ".npz": _read_checkpoint,
    ".pkl": read_pickle,
    ".h5": _read_features,
    ".keras": keras.saving.load_model,
    ".onnx": lambda path: onnx.checker.check_model(onnx.load(path)),
    ".tflite": lambda path: tf.lite.Interpreter(str(path)),
    ".pb": lambda path: tf.saved_model.load(path.parent),
    ".index": lambda path: tf.train.load_checkpoint(str(path.with_suffix(""))),
    ".png": _read_picture,
    ".svg": ElementTree.parse,
    ".html": _read_page,
    ".yml": load_spec,
}
LINES = {".txt", ".csv", ".md", ".tex", ".tsv", ".pbtxt"}
PARTS = {".data-00000-of-00001"}  # of files above


def check_whole(path: Path) -> None:
    """Reads a file.

    Raises:
        Exception: it is not whole.
    """
    if path.name.startswith("events.out."):
        _read_events(path)
    elif path.suffix in LINES:
        _read_lines(path)
    elif path.suffix not in PARTS and path.name != "checkpoint" and path.name != "fingerprint.pb":
        READERS[path.suffix](path)
