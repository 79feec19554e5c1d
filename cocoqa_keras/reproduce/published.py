"""What the paper reports."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from cocoqa_keras.data.dataset import Dataset

_FILE = Path(__file__).with_name("published.yml")
_TEST_QUESTIONS = 38948  # of COCO-QA
FEATURE_ROWS = 123_287  # images that the authors' features and encoded questions number
_ROWS = {  # of the models in the zoo that are trained on all question types
    "bow": "BOW",
    "lstm": "LSTM",
    "img_bow": "IMG+BOW",
    "vis_lstm": "VIS+LSTM",
    "2_vis_blstm": "2-VIS+BLSTM",
}


class PublishedTable(StrEnum):
    """A table of the paper."""

    COCOQA = "cocoqa"
    DAQUAR37 = "daquar37"


def published_figures(table: PublishedTable) -> dict[str, dict[str, float]]:
    """The figures of a table: by row, in the paper's order, then by their names in `result.txt`.

    Reference: Ren, Kiros and Zemel (2015), tables 2 and 3.
    """
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))[table]


def is_cocoqa(dataset: "Dataset") -> bool:
    """Whether these are COCO-QA's test questions, by their number."""
    return dataset.test is not None and len(dataset.test) == _TEST_QUESTIONS


def published_for(model: str, dataset: "Dataset") -> dict[str, float] | None:
    """The paper's figures for a model, or None where it has none for this model or for these data.

    Args:
        model: its name in the zoo, such as `img_bow`.
        dataset: the data.
    """
    if model not in _ROWS or not is_cocoqa(dataset):
        return None
    return published_figures(PublishedTable.COCOQA)[_ROWS[model]]
