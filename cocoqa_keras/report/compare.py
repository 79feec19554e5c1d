"""Several runs side by side as pages: their rates, whether they differ, and the questions by who is right."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

import numpy as np

from cocoqa_keras.data.picture_files import Pictures
from cocoqa_keras.files import write_text
from cocoqa_keras.report.answers import ALL, TYPES, RunAnswers
from cocoqa_keras.report.folder import report_folder
from cocoqa_keras.report.mcnemar import Disagreement, holm
from cocoqa_keras.report.pages import Choice, Filter, PageSets, Progress, write_pages
from cocoqa_keras.report.picture_sources import PictureSources
from cocoqa_keras.report.rates import rates
from cocoqa_keras.report.rendering import html_templates, in_words

MOST_RUNS = 6  # of which there are 64 groups
LEVEL = 0.05

_OUTCOMES = ("right", "wrong")


@dataclass(frozen=True)
class PairTest:
    """McNemar's test of two models.

    Attributes:
        first: the name of one.
        second: the name of the other.
        disagreement: the questions that only one of them answers rightly.
        corrected: the p-value, corrected for the number of pairs.
    """

    first: str
    second: str
    disagreement: Disagreement
    corrected: float

    @property
    def verdict(self) -> str:
        """What it shows, in words."""
        if self.corrected > LEVEL:
            return "no difference shown"
        is_first = self.disagreement.only_first > self.disagreement.only_second
        return f"{self.first if is_first else self.second} is better"


@dataclass(frozen=True)
class _Group:
    """The questions that the same models answer rightly.

    Attributes:
        are_right: whether each model does.
        choices: where they are shown, all of them and by type.
    """

    are_right: Sequence[bool]
    choices: Sequence[Choice]


def pair_tests(runs: Mapping[str, RunAnswers]) -> list[PairTest]:
    """McNemar's test for each pair of runs over the same questions."""
    is_right = {name: np.array([q.is_right for q in run.questions]) for name, run in runs.items()}
    pairs = list(combinations(runs, 2))
    found = [Disagreement.of(is_right[first], is_right[second]) for first, second in pairs]
    corrected = holm([disagreement.p_value for disagreement in found])
    return [PairTest(*pair, *values) for pair, *values in zip(pairs, found, corrected, strict=True)]


def write_comparison(
    runs: Mapping[str, RunAnswers], output: Path, pictures: Pictures, embeds: bool, progress: Progress
) -> Path:
    """Writes the comparison: `index.html`, and a folder of pages for each group of questions and type.

    Args:
        runs: two to `MOST_RUNS` runs over the same questions, by name.
        output: the folder to write; an older report there is replaced.
        pictures: where the pictures are.
        embeds: put thumbnails of picture files into the pages, instead of links to the files.
        progress: is told what is done.

    Returns:
        the page to open first.

    Raises:
        InputError: the folder holds something else, or cannot be written to.
    """
    title = in_words(list(runs))
    with report_folder(output, list(runs.values())) as folder:
        sets = _sets(runs)
        sources = PictureSources(pictures, output / ALL, embeds)
        write_pages(folder, title, sets, _cards(runs, sources, progress), progress)
        write_text(folder / "index.html", _index(runs, title, sets))
    return output / "index.html"


def _sets(runs: Mapping[str, RunAnswers]) -> PageSets:
    filters = [Filter("type", (ALL, *TYPES)), *(Filter(name, _OUTCOMES) for name in runs)]
    return PageSets(
        filters,
        [
            (answered[0].type, *(question.outcome for question in answered))
            for answered in zip(*(run.questions for run in runs.values()), strict=True)
        ],
    )


def _cards(runs: Mapping[str, RunAnswers], sources: PictureSources, progress: Progress) -> list[str]:
    template = html_templates().get_template("compared_question.html")
    count = len(next(iter(runs.values())).questions)
    cards = []
    for number in range(count):
        by_model = {name: run.questions[number] for name, run in runs.items()}
        question = next(iter(by_model.values()))
        source = sources.find(question.image)
        cards.append(template.render(number=number, question=question, by_model=by_model, source=source))
        progress("questions", number + 1, count)
    return cards


def _index(runs: Mapping[str, RunAnswers], title: str, sets: PageSets) -> str:
    return (
        html_templates()
        .get_template("comparison.html")
        .render(
            title=title,
            runs=runs,
            types=(ALL, *TYPES),
            rates={name: rates(run.questions) for name, run in runs.items()},
            tests=pair_tests(runs),
            level=LEVEL,
            groups=list(_groups(runs, sets)),
        )
    )


def _groups(runs: Mapping[str, RunAnswers], sets: PageSets) -> Iterator[_Group]:
    """The groups, with those first that most models answer rightly."""
    outcomes = sorted(product(_OUTCOMES, repeat=len(runs)), key=lambda each: each.count("wrong"))
    for each in outcomes:
        yield _Group([outcome == "right" for outcome in each], sets.choices((ALL, *each), 0))
