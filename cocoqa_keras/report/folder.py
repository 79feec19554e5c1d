"""The folder of a report: it replaces an older report, and nothing else."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cocoqa_keras.files import atomic_folder, write_text
from cocoqa_keras.report.answers import RunAnswers

MARK = "cocoqa-report.json"


@contextmanager
def report_folder(folder: str | Path, runs: Sequence[RunAnswers]) -> Iterator[Path]:
    """Yields a new folder that becomes `folder` when the block ends well, marked as a report.

    Args:
        folder: the final name; an older report of that name is replaced.
        runs: the runs that the report is about.

    Raises:
        InputError: the older folder is something else, the place cannot be written to, or the disk is full.
    """
    with atomic_folder(folder, "a report of cocoqa-report or an empty folder", MARK) as unfinished:
        yield unfinished
        write_text(unfinished / MARK, json.dumps({"runs": [run.name for run in runs]}, indent=2) + "\n")
