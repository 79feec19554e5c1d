"""Runs with names, as NAME=RUN on the command line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cocoqa_keras.errors import InputError

if TYPE_CHECKING:
    from cocoqa_keras.report.answers import RunAnswers


def read_named_runs(pairs: Sequence[str]) -> "dict[str, RunAnswers]":
    """Reads what each run answered to the same questions, from NAME=RUN.

    Raises:
        InputError: a pair is not of that form, a name is given twice, a folder is not that of a run, or the
            runs are over different questions.
    """
    folders = {}
    for pair in pairs:
        name, equals, folder = pair.partition("=")
        if not name.strip() or not name.isprintable() or not equals or not folder:
            raise InputError(f"{pair!r}: write NAME=RUN, a name to show and the folder of a run")
        if name in folders:
            raise InputError(f"{pair!r}: the name {name!r} is given twice; choose another")
        folders[name] = folder
    from cocoqa_keras.report.answers import read_answers
    from cocoqa_keras.report.same_questions import check_same_questions

    runs = {name: read_answers(folder) for name, folder in folders.items()}
    check_same_questions(runs)
    return runs
