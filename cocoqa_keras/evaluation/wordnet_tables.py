"""What the package knows of WordNet where the database is not installed: tables for COCO-QA's words.

`build_wordnet_tables` makes them.
"""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import numpy as np

from cocoqa_keras.files import atomic_path, write_text

_SIMILARITIES = "cocoqa_similarities.npz"
_NON_NOUNS = "cocoqa_non_nouns.txt"


def packaged_folder() -> Path:
    """The folder of the tables that come with the package."""
    return Path(str(resources.files("cocoqa_keras.evaluation")))


def read_similarities(folder: Path) -> tuple[list[str], np.ndarray]:
    """The words of the table of similarities, W of them, and the table, float64 (W, W)."""
    with np.load(folder / _SIMILARITIES) as table:
        return table["words"].tolist(), table["values"][table["places"]]


def write_similarities(folder: Path, words: Sequence[str], similarities: np.ndarray) -> None:
    """Writes a table of similarities, each as its place among the few different ones.

    Args:
        folder: where.
        words: W of them.
        similarities: float64 (W, W), with at most 256 different values.
    """
    values, places = np.unique(similarities, return_inverse=True)
    if len(values) > 256:
        raise ValueError(f"expected at most 256 different similarities, got {len(values)}")
    with atomic_path(folder / _SIMILARITIES) as temporary:
        np.savez_compressed(
            temporary,
            words=np.array(words),
            values=values,
            places=places.reshape(similarities.shape).astype(np.uint8),
        )


def read_non_nouns(folder: Path) -> frozenset[str]:
    """COCO-QA's question words that WordNet knows, but not as nouns."""
    return frozenset((folder / _NON_NOUNS).read_text(encoding="utf-8").split())


def write_non_nouns(folder: Path, words: Sequence[str]) -> None:
    """Writes the list of words that are no nouns, a line each, in alphabetical order."""
    write_text(folder / _NON_NOUNS, "".join(f"{word}\n" for word in sorted(words)))
