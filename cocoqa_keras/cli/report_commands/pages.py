"""Writes pages while whoever waits is told how far that is."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cocoqa_keras.data.picture_files import Pictures
    from cocoqa_keras.report.answers import AnsweredQuestion
    from cocoqa_keras.report.pages import Progress


def write_with_progress(
    title: str,
    questions: "Sequence[AnsweredQuestion]",
    pictures: "Pictures",
    write: "Callable[[Progress], Path]",
) -> None:
    """Writes pages of questions, and says which page to open, and how many pictures are missing.

    Args:
        title: what the pages are about.
        questions: the questions.
        pictures: where their pictures are.
        write: writes the pages, and returns the first.
    """
    from cocoqa_keras.training.reporter import reporter_for

    missing = sum(pictures.find(question.image) is None for question in questions)
    with reporter_for(progress=True) as reporter:
        reporter.line(f"{title}: {len(questions)} questions")
        if missing:
            reporter.line(f"The pictures of {missing} questions are not there; --pictures tells their folder")
        page = write(reporter.progress)
        reporter.line(f"Open {page}")
