"""The stage types: the same in model files, among the builders, in the tests and in the documentation."""

import re
from collections import Counter
from pathlib import Path

import pytest
from test_every_model import ROWS

from cocoqa_keras.models.builders import BUILDERS
from cocoqa_keras.spec import STAGE_TYPES

README = Path(__file__).parents[2] / "README.md"


def documented():
    """The types in the second column of README's table of them, as often as they are there."""
    section = README.read_text(encoding="utf-8").partition("\n## Model files\n")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("|")]
    return Counter(name for row in rows for name in re.findall(r"`(\w+)`", row[2]))


LISTS = {
    "builders": lambda: Counter(kind for kind, stage in STAGE_TYPES.items() if stage in BUILDERS),
    "README": documented,
    "tests": lambda: Counter({name.split()[0] for name in ROWS}),
}


@pytest.mark.parametrize("where", LISTS)
def test_every_stage_type_is_known_everywhere_once(where):
    assert LISTS[where]() == Counter(STAGE_TYPES.keys())


def test_nothing_is_built_that_a_model_file_cannot_say():
    assert set(BUILDERS) <= set(STAGE_TYPES.values())
