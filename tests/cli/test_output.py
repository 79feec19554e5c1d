"""What commands print, whatever their output can hold."""

import io

import pytest

from cocoqa_keras.cli.output import print_line, print_table, print_values
from cocoqa_keras.tables import Table, bar


@pytest.fixture
def output(monkeypatch):
    """Replaces standard output by one of some encoding; returns what was written to it."""

    def of(encoding, is_terminal=False):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
        stream.isatty = lambda: is_terminal
        monkeypatch.setattr("sys.stdout", stream)
        return lambda: stream.buffer.getvalue().decode(encoding)

    return of


def test_values_are_aligned(capsys):
    print_values({"words": 9738, "the answers": "431"})
    assert capsys.readouterr().out == "  words        9738\n  the answers  431\n"


@pytest.mark.parametrize(("encoding", "expected"), [("utf-8", "café\n"), ("ascii", "caf\\xe9\n")])
def test_words_that_the_output_cannot_hold_are_escaped(encoding, expected, output):
    written = output(encoding)
    print_line("café")
    assert written() == expected


@pytest.mark.parametrize(
    ("encoding", "is_terminal", "sign"),
    [("utf-8", True, "█"), ("utf-8", False, "#"), ("ascii", True, "#"), ("latin-1", True, "#")],
)
def test_bars_are_blocks_where_a_terminal_has_them(encoding, is_terminal, sign, output):
    written = output(encoding, is_terminal)
    table = Table("", (("", "left"),))
    table.add(bar(1, 1))
    print_table(table)
    assert written() == f"\n  {sign * 40}\n"
