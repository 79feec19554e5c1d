"""What the paper reports."""

from enum import StrEnum
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("published.yml")


class PublishedTable(StrEnum):
    """A table of the paper."""

    COCOQA = "cocoqa"
    DAQUAR37 = "daquar37"


def published_figures(table: PublishedTable) -> dict[str, dict[str, float]]:
    """The figures of a table: by row, in the paper's order, then by their names in `result.txt`.

    Reference: Ren, Kiros and Zemel (2015), tables 2 and 3.
    """
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))[table]
