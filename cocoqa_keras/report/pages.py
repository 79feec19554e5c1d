"""Pages of questions: sets of them by what filters choose, a hundred a page, with links from each to each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from markupsafe import Markup

from cocoqa_keras.files import write_text
from cocoqa_keras.report.answers import ALL
from cocoqa_keras.report.rendering import html_templates

PAGE_SIZE = 100

_FEW = 10  # pages that are all linked
_NEIGHBOURS = 2  # pages before and after the shown one that are linked
_LANDMARKS = 8  # about so many others are, at round numbers

Progress = Callable[[str, int, int], None]
Key = tuple[str, ...]  # the chosen value of each filter


@dataclass(frozen=True)
class Filter:
    """A property of questions that pages are chosen by.

    Attributes:
        name: what it is called.
        values: those that may be chosen; with `ALL` among them, also any.
    """

    name: str
    values: Sequence[str]


@dataclass(frozen=True)
class Choice:
    """A value of a filter, as a page links to it.

    Attributes:
        value: the value.
        count: how many questions there are when it is chosen, and the other filters stay.
        folder: where these are.
        is_chosen: whether they are those of the page.
    """

    value: str
    count: int
    folder: str
    is_chosen: bool


class PageSets:
    """The questions of each combination of the filters' values.

    Args:
        filters: the filters.
        values: the values of each question, in the filters' order.
    """

    def __init__(self, filters: Sequence[Filter], values: Sequence[Key]) -> None:
        self.filters = filters
        self.members: Mapping[Key, list[int]] = {
            key: [] for key in product(*(each.values for each in filters))
        }
        for number, own in enumerate(values):
            chosen_by = (
                (value, ALL) if ALL in each.values else (value,)
                for each, value in zip(filters, own, strict=True)
            )
            for key in product(*chosen_by):
                self.members[key].append(number)

    def choices(self, key: Key, place: int) -> list[Choice]:
        """Where the values of the filter at `place` lead from the set of `key`."""
        others = [(*key[:place], value, *key[place + 1 :]) for value in self.filters[place].values]
        return [
            Choice(other[place], len(self.members[other]), folder_of(other), other == key) for other in others
        ]

    def heading(self, key: Key) -> str:
        """What the questions of a set have in common, in words."""
        chosen = [
            f"{each.name}: {value}" for each, value in zip(self.filters, key, strict=True) if value != ALL
        ]
        return ", ".join(chosen) or "All questions"


def folder_of(key: Key) -> str:
    """The name of the folder of a set's pages, which are `1.html`, `2.html`, ..."""
    return "-".join(value for value in key if value != ALL) or ALL


def write_pages(folder: Path, title: str, sets: PageSets, cards: Sequence[str], progress: Progress) -> None:
    """Writes the pages of every set that is not empty.

    Args:
        folder: the folder of the report; its index is `index.html`.
        title: the title of the report.
        sets: the sets.
        cards: each question in HTML, as it lies in a page.
        progress: is told what is done.
    """
    template = html_templates().get_template("page.html")
    pages = [
        (key, page)
        for key, members in sets.members.items()
        for page in range(1, 1 + _page_count(len(members)))
    ]
    for done, (key, page) in enumerate(pages, 1):
        members = sets.members[key]
        last = _page_count(len(members))
        shown = members[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        text = template.render(
            title=title,
            heading=sets.heading(key),
            filters=[(each.name, sets.choices(key, place)) for place, each in enumerate(sets.filters)],
            page=page,
            last=last,
            numbers=linked_pages(page, last),
            first_place=(page - 1) * PAGE_SIZE + 1,
            count=len(members),
            cards=[Markup(cards[number]) for number in shown],  # noqa: S704 (made by our own templates)
        )
        write_text(folder / folder_of(key) / f"{page}.html", text)
        progress("pages", done, len(pages))


def linked_pages(page: int, last: int) -> list[int]:
    """The pages that a page links to: the first, the last, its neighbours, and some at round numbers.

    Args:
        page: its number, from 1.
        last: the number of the last page.
    """
    step = 1 if last <= _FEW else 10 * (1 + last // (10 * _LANDMARKS))
    landmarks = range(step, last, step)
    neighbours = range(max(1, page - _NEIGHBOURS), min(last, page + _NEIGHBOURS) + 1)
    return sorted({1, last, *landmarks, *neighbours})


def _page_count(questions: int) -> int:
    return -(-questions // PAGE_SIZE)
