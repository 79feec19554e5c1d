"""Random data of COCO-QA's size: what the real features and questions take in time and memory, these take.

    python -m benchmarks.full_size [--folder DIR]

makes them once, 1.1 GB, in the layout that training reads: `hidden_oxford_mscoco.h5` and `cocoqa/`.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import track
from typer import Option

from cocoqa_keras.data.encode import choose_encoding, write_encoded
from cocoqa_keras.data.examples import Examples, Parts
from cocoqa_keras.data.features_writer import FeaturesWriter

DEFAULT_FOLDER = Path(tempfile.gettempdir()) / "cocoqa_keras_full_size"
FEATURES_FILE = "hidden_oxford_mscoco.h5"
IMAGES, FEATURE_WIDTH = 123_287, 4096
EXAMPLES = {"train": 70_863, "valid": 7_873, "test": 38_948}
WORDS, ANSWERS = 9738, 431  # UNK included
SHORTEST, MEAN_LENGTH, LONGEST = 4, 8.65, 54

_BLOCK_ROWS = 1024
_BLOCKS = -(-IMAGES // _BLOCK_ROWS)
_RELU_THRESHOLD = 0.613  # deviations of a normal distribution, 27 % of which lie above
_FEATURE_SCALE = 3.0  # brings the norms of the rows to about 80, as with VGG-19
_ZIPF_EXPONENT = 1.18  # so that 100 questions have about 305 different words, as in COCO-QA


def full_size_data(folder: Path = DEFAULT_FOLDER) -> Path:
    """Makes the data set where it is missing.

    Args:
        folder: where it is kept.

    Returns:
        the folder of the encoded questions; the features lie above it.
    """
    features, questions = folder / FEATURES_FILE, folder / "cocoqa"
    if not features.exists():
        _write_features(features)
    if not questions.exists():
        _write_questions(questions)
    return questions


def _write_features(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as work:
        writer = FeaturesWriter(work, FEATURE_WIDTH)
        for block in track(_blocks(), "writing", _BLOCKS):
            writer.append(block)
        writer.finish(path)


def _blocks() -> Iterator[np.ndarray]:
    """The features, dense float32 (rows, 4096) a block, the same each time: ReLU of a normal distribution."""
    random = np.random.default_rng(1)
    for start in range(0, IMAGES, _BLOCK_ROWS):
        normal = random.standard_normal((min(_BLOCK_ROWS, IMAGES - start), FEATURE_WIDTH), np.float32)
        yield _FEATURE_SCALE * np.maximum(normal - np.float32(_RELU_THRESHOLD), 0)


def _write_questions(folder: Path) -> None:
    random = np.random.default_rng(2)
    images = [str(number) for number in range(1, IMAGES + 1)]
    parts = {name: _random_examples(count, images, random) for name, count in EXAMPLES.items()}
    write_encoded(folder, choose_encoding(Parts(**parts), images))


def _random_examples(count: int, images: list[str], random: np.random.Generator) -> Examples:
    """Random questions, in which every word and answer occurs: the vocabularies are made from them."""
    spread = (MEAN_LENGTH - SHORTEST) / 2
    lengths = np.rint(SHORTEST + random.gamma(2, spread, count)).astype(int).clip(max=LONGEST)
    lengths[0] = LONGEST
    words = iter(_zipf("word", WORDS - 1, lengths.sum(), random))
    return Examples(
        questions=[[next(words) for _ in range(length)] for length in lengths],
        answers=_zipf("answer", ANSWERS - 1, count, random),
        images=random.choice(images, count).tolist(),
        types=random.integers(0, 4, count).tolist(),
    )


def _zipf(prefix: str, kinds: int, count: int, random: np.random.Generator) -> list[str]:
    """`count` words of `kinds` kinds in random order; each kind occurs, the k-th in proportion to 1 / k^s."""
    shares = np.arange(1, kinds + 1) ** -_ZIPF_EXPONENT
    drawn = random.choice(kinds, count - kinds, p=shares / shares.sum())
    ranks = random.permutation(np.concatenate([np.arange(kinds), drawn]))
    return [f"{prefix}{rank}" for rank in ranks.tolist()]


def main(
    folder: Annotated[Path, Option(help="Where the data are kept.")] = DEFAULT_FOLDER,
) -> None:
    """Make a data set of COCO-QA's size with random content."""
    print(f"{full_size_data(folder)}: encoded questions; image features in {FEATURES_FILE} above")


if __name__ == "__main__":
    typer.run(main)
