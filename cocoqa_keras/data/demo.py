"""A small data set made on the spot: drawn pictures, questions about them, and features of their pixels.

It has the layout of the real one, so that every command runs on a fresh machine without a download. The
questions do not give the answers away; the pictures do.
"""

import os
from pathlib import Path

import numpy as np
import platformdirs
from PIL import Image

from cocoqa_keras.data.cocoqa_text import read_cocoqa
from cocoqa_keras.data.convolution_bank import extract
from cocoqa_keras.data.drawing import Scene, draw_picture, random_scenes
from cocoqa_keras.data.encode import choose_encoding, write_encoded
from cocoqa_keras.data.extractors import BANK
from cocoqa_keras.data.features_file import FEATURES_FILE
from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.errors import InputError
from cocoqa_keras.files import atomic_folder, write_text

DEMO_VERSION = 3  # to be raised with every change of the data, as it names the cached folder
CACHE_VARIABLE = "COCOQA_KERAS_CACHE"
TRAIN_PICTURES = 800
TEST_PICTURES = 200
QUESTIONS_PER_PICTURE = 3

_NUMBERS = ("one", "two", "three", "four")
_PREPOSITIONS = {"beach": "on", "field": "in", "street": "on", "room": "in", "kitchen": "in", "snow": "in"}
_PHRASINGS = {
    QuestionType.OBJECT: (
        "what {be} there {in_place}",
        "what {be} shown {in_place}",
        "what {be} seen {in_place}",
        "what {be} {color} {in_place}",
    ),
    QuestionType.NUMBER: (
        "how many {plural} are there {in_place}",
        "how many {plural} are in the picture",
        "how many {color} {plural} are {in_place}",
        "how many {plural} does the picture show",
    ),
    QuestionType.COLOR: (
        "what is the color of the {noun}",
        "what is the color of the {noun} {in_place}",
        "what is the color of the {noun} in the picture",
    ),
    QuestionType.LOCATION: (
        "where {be} the {noun}",
        "where {be} the {color} {noun}",
        "where {be} the {noun} shown",
    ),
}


def demo_folder() -> Path:
    """The folder of the demo data set in the user's cache; the first call builds it, in some seconds.

    The environment variable COCOQA_KERAS_CACHE moves the cache.

    Raises:
        InputError: the cache cannot be written to.
    """
    cache = os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_path("cocoqa_keras")
    folder = Path(cache) / f"demo-{DEMO_VERSION}"
    questions = folder / "cocoqa"
    if not questions.is_dir():
        try:
            build_demo(folder)
        except InputError as error:
            if not questions.is_dir():  # else another process was faster
                raise InputError(f"{error} (the variable {CACHE_VARIABLE} names the cache)") from error
    return folder


def build_demo(folder: str | Path) -> None:
    """Builds the demo data set, the same bytes each time.

    Args:
        folder: a new or empty folder, which appears when everything is there: `hidden_oxford_mscoco.h5` (the
            features), `cocoqa` (the encoded questions), `text` (the same in words, as the COCO-QA text
            release has them), and `images` (the pictures).

    Raises:
        InputError: the folder is in use or cannot be written to.
    """
    with atomic_folder(folder) as unfinished:
        _write_demo(unfinished)


def _write_demo(folder: Path) -> None:
    random = np.random.RandomState(2)
    # Each part has its own balanced scenes: a guess is worth little on either.
    scenes = random_scenes(TRAIN_PICTURES, random) + random_scenes(TEST_PICTURES, random)
    pictures = [draw_picture(scene, random) for scene in scenes]
    _write_pictures(folder / "images", pictures)
    _write_text(folder / "text" / "train", scenes, range(TRAIN_PICTURES), random)
    _write_text(folder / "text" / "test", scenes, range(TRAIN_PICTURES, len(scenes)), random)
    write_encoded(folder / "cocoqa", choose_encoding(read_cocoqa(folder / "text")))
    features = extract(np.stack([np.asarray(picture) for picture in pictures]))
    names = [str(row + 1) for row in range(len(scenes))]
    write_features(folder / FEATURES_FILE, features, extractor=BANK, images=names)


def _write_pictures(folder: Path, pictures: list[Image.Image]) -> None:
    folder.mkdir(parents=True)
    for image_id, picture in enumerate(pictures, 1):
        picture.save(folder / f"{image_id:012}.png")


def _write_text(folder: Path, scenes: list[Scene], rows: range, random: np.random.RandomState) -> None:
    """Writes one part as the COCO-QA text release has it; the picture of row r has the id r + 1."""
    columns: dict[str, list[str]] = {"questions": [], "answers": [], "img_ids": [], "types": []}
    for row in rows:
        for number in random.permutation(len(QuestionType))[:QUESTIONS_PER_PICTURE]:
            asked = QuestionType(number)
            columns["questions"].append(_question(scenes[row], asked, random))
            columns["answers"].append(_answer(scenes[row], asked))
            columns["img_ids"].append(str(row + 1))
            columns["types"].append(str(number))
    for name, lines in columns.items():
        write_text(folder / f"{name}.txt", "\n".join(lines) + "\n")


def _question(scene: Scene, asked: QuestionType, random: np.random.RandomState) -> str:
    phrasings = _PHRASINGS[asked]
    return phrasings[random.randint(len(phrasings))].format(
        be="is" if scene.count == 1 else "are",
        noun=_noun(scene),
        plural=_plural(scene.kind),
        color=scene.color,
        in_place=f"{_PREPOSITIONS[scene.place]} the {scene.place}",
    )


def _answer(scene: Scene, asked: QuestionType) -> str:
    return {
        QuestionType.OBJECT: _noun(scene),
        QuestionType.NUMBER: _NUMBERS[scene.count - 1],
        QuestionType.COLOR: scene.color,
        QuestionType.LOCATION: scene.place,
    }[asked]


def _noun(scene: Scene) -> str:
    return scene.kind if scene.count == 1 else _plural(scene.kind)


def _plural(noun: str) -> str:
    return f"{noun}s"
