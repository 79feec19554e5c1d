"""A run as pages: its figures, and every question with its picture and what was answered."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cocoqa_keras.data.picture_files import Pictures
from cocoqa_keras.files import write_text
from cocoqa_keras.report.answers import ALL, TYPES, RunAnswers
from cocoqa_keras.report.folder import report_folder
from cocoqa_keras.report.pages import Choice, Filter, PageSets, Progress, write_pages
from cocoqa_keras.report.picture_sources import PictureSources, data_address
from cocoqa_keras.report.rates import Rate, rates
from cocoqa_keras.report.rendering import html_templates

_PLOTS = {
    "*_loss.png": "The loss in training and validation, by epoch",
    "*_err.png": "The error in training and validation, by epoch",
    "types.png": "The rate of right answers by question type",
    "confusion.png": "Which answers are given to the most frequent true ones",
}
_TIME_OF_RUN = re.compile(r"-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)")  # in the names of run folders


@dataclass(frozen=True)
class _Row:
    """A line of the table of rates.

    Attributes:
        kind: a type of questions, or `ALL`.
        rate: their rate.
        choices: where all of them, those answered rightly, and those answered wrongly are shown.
    """

    kind: str
    rate: Rate
    choices: Sequence[Choice]


class _Figure(NamedTuple):
    """A figure of the test part, with its 95 % interval where it is known."""

    name: str
    value: float
    interval: tuple[float, float] | None


def write_html(run: RunAnswers, output: Path, pictures: Pictures, embeds: bool, progress: Progress) -> Path:
    """Writes the report of a run: `index.html`, and a folder of pages for each type and outcome.

    Args:
        run: the run.
        output: the folder to write; an older report there is replaced.
        pictures: where the pictures are.
        embeds: put thumbnails of picture files into the pages, instead of links to the files.
        progress: is told what is done.

    Returns:
        the page to open first.

    Raises:
        InputError: the folder holds something else, or cannot be written to.
    """
    with report_folder(output, [run]) as folder:
        filters = (Filter("type", (ALL, *TYPES)), Filter("answer", (ALL, "right", "wrong")))
        sets = PageSets(filters, [(question.type, question.outcome) for question in run.questions])
        sources = PictureSources(pictures, output / ALL, embeds)
        write_pages(folder, run.name, sets, _cards(run, sources, progress), progress)
        write_text(folder / "index.html", _index(run, sets))
    return output / "index.html"


def _cards(run: RunAnswers, sources: PictureSources, progress: Progress) -> list[str]:
    template = html_templates().get_template("question.html")
    cards = []
    for number, question in enumerate(run.questions):
        source = sources.find(question.image)
        cards.append(template.render(number=number, question=question, source=source))
        progress("questions", number + 1, len(run.questions))
    return cards


def _index(run: RunAnswers, sets: PageSets) -> str:
    found = rates(run.questions)
    return (
        html_templates()
        .get_template("index.html")
        .render(
            run=run,
            facts=_facts(run),
            rows=[_Row(kind, rate, sets.choices((kind, ALL), 1)) for kind, rate in found.items()],
            figures=list(_other_figures(run)),
            plots=_plots(run.folder),
        )
    )


def _other_figures(run: RunAnswers) -> Iterator[_Figure]:
    """The figures in `run.json` that are no rates by type, which stand in their own table."""
    summary = run.summary
    for name, value in summary.test.items():
        if name not in ("rate", "rate @ 1", *TYPES):
            yield _Figure(name, value, summary.test_intervals.get(name))


def _facts(run: RunAnswers) -> dict[str, str]:
    """What is known of the run, by the name of the fact."""
    summary = run.summary
    facts = {"questions": str(len(run.questions))}
    if summary.model is not None:
        facts["model"] = summary.model.name
    if summary.data.folder is not None:
        facts["data"] = summary.data.folder
        facts["image features"] = summary.data.features or "none"
    if time := _TIME_OF_RUN.search(run.name):
        facts["begun"] = "{}-{}-{} {}:{}:{}".format(*time.groups())
    if summary.training is not None:
        training = summary.training
        facts["training"] = (
            f"{training.epochs} epochs of {training.examples} examples, {training.seconds / 60:.1f} minutes"
        )
    if summary.seed is not None:
        facts["seed"] = str(summary.seed)
    if summary.versions:
        facts["versions"] = ", ".join(f"{name} {version}" for name, version in summary.versions.items())
    return facts


def _plots(folder: Path) -> dict[str, str]:
    """The plots that the run folder has, as addresses, by what they show."""
    return {
        shown: data_address(path.read_bytes(), "image/png")
        for pattern, shown in _PLOTS.items()
        for path in sorted(folder.glob(pattern))
    }
