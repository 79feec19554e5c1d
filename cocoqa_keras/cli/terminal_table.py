"""A table as a terminal shows it best, whatever its width."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from cocoqa_keras.tables import Table

_GAP = 2  # between columns
_LONGEST_WORD = 30  # that is not folded in a column of words


def print_in_terminal(table: Table, console: Console, shown: Callable[[str], str]) -> None:
    """Prints a table: numbers whole, long words folded, and columns that do not fit below each other.

    Args:
        table: the table.
        console: the terminal.
        shown: gives a text as this terminal can hold it.
    """
    columns = [
        _Column(shown(heading), side, [shown(row[number]) for row in table.rows])
        for number, (heading, side) in enumerate(table.columns)
    ]
    console.print(Text(shown(table.title), style="bold"), soft_wrap=True)
    for number, piece in enumerate(_pieces(columns, console.width)):
        if number:
            console.print()
        console.print(_rich_table(piece, console.width))
    if table.note:
        console.print(Text(shown(table.note), style="dim"), soft_wrap=True)


@dataclass(frozen=True)
class _Column:
    heading: str
    side: Literal["left", "right"]
    cells: Sequence[str]

    @property
    def full_width(self) -> int:
        return max(map(cell_len, (self.heading, *self.cells)))

    @property
    def least_width(self) -> int:
        """That of the longest word; numbers are not folded."""
        if self.side == "right":
            return self.full_width
        words = " ".join((self.heading, *self.cells)).split()
        return min(_LONGEST_WORD, max(map(cell_len, words), default=0))


def _least_width(columns: Sequence[_Column]) -> int:
    return sum(column.least_width + _GAP for column in columns) - _GAP


def _pieces(columns: Sequence[_Column], width: int) -> Iterator[list[_Column]]:
    """Columns that fit beside each other; each piece starts with those that name the rows."""
    words = list(takewhile(lambda column: column.side == "left", columns))
    count = sum(_least_width(words[:end]) <= width / 2 for end in range(2, len(words) + 1))
    names, others = words[: 1 + count], columns[len(words[: 1 + count]) :]
    piece = names
    for column in others:
        if piece != names and _least_width([*piece, column]) > width:
            yield piece
            piece = names
        piece = [*piece, column]
    yield piece


def _rich_table(columns: Sequence[_Column], width: int) -> RichTable:
    table = RichTable(
        box=box.SIMPLE_HEAD,
        show_header=any(column.heading for column in columns),
        show_edge=False,
        padding=(0, _GAP - 1, 0, 0),
        pad_edge=False,
    )
    room = max(0, width - _least_width(columns))
    for column in columns:
        more = min(room, column.full_width - column.least_width)
        room -= more
        table.add_column(
            Text(column.heading), justify=column.side, overflow="fold", width=column.least_width + more
        )
    for cells in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*map(Text, cells))
    return table
