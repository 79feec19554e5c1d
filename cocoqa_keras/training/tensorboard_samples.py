"""Some test questions, with their pictures and what was answered, to be seen in TensorBoard."""

import html
import json
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.picture_files import open_pictures
from cocoqa_keras.data.pictures import read_picture
from cocoqa_keras.errors import InputError

COUNT = 12
COLUMNS = 3
# Pixels of a picture with its margins, and of the three lines above it.
_CELL, _MARGIN, _CAPTION = 220, 6, 50
_FONT_SIZE, _LETTERS = 12, 36  # as many letters as a line holds


@dataclass(frozen=True)
class Samples:
    """Some test questions.

    Attributes:
        predictions: what was answered, a dictionary for each question as `predictions.jsonl` has it.
        pictures: uint8 (H, W, 3), RGB, of those questions whose picture is at hand, by their position.
    """

    predictions: Sequence[dict[str, Any]]
    pictures: dict[int, np.ndarray]

    @classmethod
    def of(cls, dataset: Dataset, predictions: Path, report: Callable[[str], None]) -> "Samples":
        """Takes the same questions from each run on a data set.

        Args:
            dataset: the data set, with a test part.
            predictions: the run's `predictions.jsonl`.
            report: takes the line that says why pictures are left out.
        """
        is_chosen = choose_questions(dataset.question_types)
        with predictions.open(encoding="utf-8") as file:
            chosen = [json.loads(line) for line in compress(file, is_chosen)]
        chosen.sort(key=itemgetter("type"))
        try:
            files = open_pictures(None, None, dataset.folder)
            places = {position: files.find(sample["image"]) for position, sample in enumerate(chosen)}
            pictures = {n: read_picture(place) for n, place in places.items() if isinstance(place, Path)}
        except InputError as error:
            report(f"Pictures are left out of TensorBoard: {error}")
            pictures = {}
        return cls(chosen, pictures)

    def table(self) -> str:
        """The questions and answers as a table in Markdown, right answers bold."""
        rows = [("question", "image", "truth", "answers"), ("---",) * 4]
        for sample in self.predictions:
            texts = [_escape(sample[key]) for key in ("question", "image", "truth")]
            rows.append((*texts, ", ".join(_answer_texts(sample))))
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def draw(self) -> np.ndarray:
        """The pictures side by side, uint8 (H, W, 3); each below its question, the answer, and the truth."""
        row_count = -(-len(self.pictures) // COLUMNS)
        sheet = Image.new("RGB", (COLUMNS * _CELL, row_count * (_CELL + _CAPTION)), "white")
        for place, (position, picture) in enumerate(self.pictures.items()):
            row, column = divmod(place, COLUMNS)
            corner = column * _CELL + _MARGIN, row * (_CELL + _CAPTION) + _MARGIN
            _draw_sample(sheet, corner, picture, self.predictions[position])
        return np.asarray(sheet)


def choose_questions(types: np.ndarray, count: int = COUNT) -> np.ndarray:
    """Chooses questions, as many of each type, spread evenly, always the same.

    Args:
        types: a `QuestionType` for each of N questions, int (N,).
        count: questions at most.

    Returns:
        bool (N,), true for those chosen.
    """
    is_chosen = np.zeros(len(types), bool)
    kinds = np.unique(types)
    for first, kind in enumerate(kinds):
        rows = np.flatnonzero(types == kind)
        # Each type its own places: questions side by side are often about the same image.
        places = (first + len(kinds) * np.arange(count // len(kinds)) + 0.5) / count
        is_chosen[rows[(places * len(rows)).astype(int)]] = True
    return is_chosen


def _draw_sample(
    sheet: Image.Image, corner: tuple[int, int], picture: np.ndarray, sample: dict[str, Any]
) -> None:
    best = sample["answers"][0]
    is_right = best["answer"] == sample["truth"]
    question = textwrap.wrap(f"{sample['question']}?", _LETTERS, max_lines=2, placeholder=" ...")
    answer = f"{_shown(best)} ({'right' if is_right else 'wrong: ' + sample['truth']})"
    lines = [*question, textwrap.shorten(answer, _LETTERS, placeholder=" ...")]
    color = "darkgreen" if is_right else "firebrick"
    ImageDraw.Draw(sheet).text(corner, "\n".join(lines), color, ImageFont.load_default(_FONT_SIZE))
    scale = (_CELL - 2 * _MARGIN) / max(picture.shape[:2])
    height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
    sheet.paste(Image.fromarray(picture).resize((width, height)), (corner[0], corner[1] + _CAPTION))


def _answer_texts(sample: dict[str, Any]) -> list[str]:
    return [
        f"**{_escape(_shown(answer))}**" if answer["answer"] == sample["truth"] else _escape(_shown(answer))
        for answer in sample["answers"]
    ]


def _shown(answer: dict[str, Any]) -> str:
    return f"{answer['answer']} {answer['score']:.2f}"


def _escape(text: str) -> str:
    """A text as a cell of a table in Markdown."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|])", r"\\\1", html.escape(text, quote=False))
