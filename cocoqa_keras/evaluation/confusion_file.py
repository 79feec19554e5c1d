"""Which answers are taken for which: `confusion.csv`."""

import csv
import io
from pathlib import Path

import numpy as np

from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.evaluation.metrics import confusion
from cocoqa_keras.files import write_text

MOST = 20  # answers


def write_confusion(path: str | Path, predicted: np.ndarray, true: np.ndarray, answers: Vocabulary) -> None:
    """Writes a row for each of the most frequent true answers: how often which answer was given to it.

    Args:
        path: the file.
        predicted: (N,) int, the answers given.
        true: (N,) int, the true answers.
        answers: the answers by id.

    Raises:
        InputError: the file cannot be written.
    """
    frequent, counts = confusion(predicted, true, MOST)
    names = answers.decode(frequent.tolist())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["true \\ predicted", *names, "(other)"])
    writer.writerows([name, *row] for name, row in zip(names, counts.tolist(), strict=True))
    write_text(path, text.getvalue())
