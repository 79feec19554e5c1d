"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("COCOQA_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared():
    """The folder of reference material beside the repository (golden figures, the real text of COCO-QA)."""
    if not SHARED.is_dir():
        pytest.skip(f"no reference material at {SHARED}: the golden runs and the real text are not checked")
    return SHARED


@pytest.fixture(scope="session")
def mini(shared):
    """The tiny data set and the runs measured on the 2015 program."""
    return shared / "golden" / "mini"
