"""The table as it grows: rows that are made are kept in a file, so that the work can be stopped."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError

from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.bootstrap import mean_interval
from cocoqa_keras.evaluation.evaluator import find_similarity, means, outcomes
from cocoqa_keras.files import write_text
from cocoqa_keras.reproduce.result import RowResult
from cocoqa_keras.reproduce.rows import ROWS, Workshop


class _Kept(BaseModel):
    """What the file holds: what all rows have in common, what those with images have, and the rows."""

    made_from: dict[str, Any]
    features_sha256: str | None = None
    rows: dict[str, dict[int, RowResult]]

    @property
    def has_images(self) -> bool:
        """Whether a row was made from image features."""
        return any(row.needs_images and name in self.rows for name, row in ROWS.items())


@dataclass
class Reproduction:
    """Rows made of one data set with one configuration, and the file that keeps them.

    Args:
        path: the file, JSON.
        made_from: what all rows have in common: data and configuration.
        features_sha256: the SHA-256 of the image features, which the rows that need them have in common, or
            None where none of these is made, and those of the file may be of any.

    Attributes:
        results: for each row its results by seed.

    Raises:
        InputError: the file is damaged, or of other data, another configuration or other image features.
    """

    path: Path
    made_from: dict[str, Any]
    features_sha256: str | None = None
    results: dict[str, dict[int, RowResult]] = field(init=False)

    def __post_init__(self) -> None:
        self.results = {}
        if self.path.exists():
            self._read()

    def make(self, name: str, workshop: Workshop) -> None:
        """Makes a row with the seed of the workshop, unless it is there, and keeps it."""
        results = self.results.setdefault(name, {})
        seed = workshop.store.seed
        if seed in results:
            return
        workshop.used.clear()
        results[seed] = _result(ROWS[name].scores(workshop), workshop)
        self._write()

    def _read(self) -> None:
        try:
            kept = _Kept.model_validate_json(self.path.read_bytes())
        except (OSError, ValidationError) as error:
            raise InputError(f"{self.path}: damaged; delete it to have the table made anew") from error
        if kept.made_from != self.made_from:
            raise InputError(
                f"{self.path}: made from other data or with another configuration; give another --output"
            )
        if self.features_sha256 is None:
            self.features_sha256 = kept.features_sha256
        elif kept.has_images and kept.features_sha256 != self.features_sha256:
            raise InputError(
                f"{self.path}: made from other image features, or by an older version that did not note "
                f"them; give another --output"
            )
        self.results = kept.rows

    def _write(self) -> None:
        rows = {
            name: {seed: asdict(result) for seed, result in results.items()}
            for name, results in self.results.items()
        }
        content = {"made_from": self.made_from, "features_sha256": self.features_sha256, "rows": rows}
        write_text(self.path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _result(scores: np.ndarray, workshop: Workshop) -> RowResult:
    dataset, reporter = workshop.dataset, workshop.store.reporter
    similarity = find_similarity(dataset.answers.words, reporter.line)
    found = outcomes(scores, dataset.test.answers, dataset.types_of("test"), similarity)
    rounds = [training for used in workshop.used for training in workshop.store.rounds(*used)]
    return RowResult(
        figures=means(found),
        interval=mean_interval(found["rate"]),
        epochs=tuple(training["epochs"] for training in rounds),
        seconds=sum(training["seconds"] for training in rounds),
    )
