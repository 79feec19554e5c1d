"""Tables for people: as plain lines, and as HTML for notebooks."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TextIO

BLOCK = "█"
_BAR_WIDTH = 40


def bar(count: int, most: int) -> str:
    """A bar in proportion to `count`, at its longest where that is `most`; as short as it may be, for any."""
    return BLOCK * max(round(_BAR_WIDTH * count / most), min(count, 1)) if most else ""


def printable(text: str) -> str:
    """The text on one line, with escapes in place of characters that would steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def for_stream(text: str, stream: TextIO) -> str:
    """Lines as a stream can hold them, with escapes in place of what it lacks or would steer a terminal."""
    encoding = stream.encoding or "utf-8"
    lines = map(printable, text.split("\n"))
    return "\n".join(lines).encode(encoding, "backslashreplace").decode(encoding)


@dataclass
class Table:
    """Rows of text under headings, with a title above and a note below.

    Attributes:
        title: what the table shows.
        columns: each column's heading, and the side to which its cells are pushed. Without any heading,
            there is no line of them.
        note: a line below.
        rows: a text for each column.
    """

    title: str
    columns: Sequence[tuple[str, Literal["left", "right"]]]
    note: str = ""
    rows: list[list[str]] = field(default_factory=list, init=False)

    def add(self, *cells: object) -> None:
        """Adds a row."""
        self.rows.append([printable(str(cell)) for cell in cells])

    def __str__(self) -> str:
        lines = self._lines()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        sides = [side for _, side in self.columns]
        aligned = ("  ".join(_aligned(line, widths, sides)).rstrip() for line in lines)
        return "\n".join([self.title, *(f"  {line}" for line in aligned), *filter(None, [self.note])])

    def _lines(self) -> list[list[str]]:
        headings = [heading for heading, _ in self.columns]
        return [headings, *self.rows] if any(headings) else self.rows

    def to_html(self) -> str:
        """The table in HTML, its texts escaped."""

        def row(tag: str, cells: Iterable[str]) -> str:
            aligned = zip(cells, self.columns, strict=True)
            return "".join(
                f'<{tag} style="text-align: {side}">{html.escape(cell)}</{tag}>'
                for cell, (_, side) in aligned
            )

        headings = row("th", [heading for heading, _ in self.columns])
        lines = "".join(f"<tr>{row('td', cells)}</tr>" for cells in self.rows)
        note = f"<p>{html.escape(self.note)}</p>" if self.note else ""
        return (
            f'<table><caption style="text-align: left">{html.escape(self.title)}</caption>'
            f"<thead><tr>{headings}</tr></thead><tbody>{lines}</tbody></table>{note}"
        )


def _aligned(cells: Iterable[str], widths: Iterable[int], sides: Iterable[str]) -> list[str]:
    return [
        cell.rjust(width) if side == "right" else cell.ljust(width)
        for cell, width, side in zip(cells, widths, sides, strict=True)
    ]
