"""What commands print, whatever their output can hold."""

import io
import re

import pytest

from cocoqa_keras.cli.output import print_line, print_table, print_values
from cocoqa_keras.tables import BLOCK, Table, bar


@pytest.fixture
def output(monkeypatch):
    """Replaces standard output by one of some encoding; returns what was written to it, without colours."""
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TERM"):
        monkeypatch.delenv(name, raising=False)

    def of(encoding="utf-8", is_terminal=False, width=80):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
        stream.isatty = lambda: is_terminal
        monkeypatch.setattr("sys.stdout", stream)
        monkeypatch.setenv("COLUMNS", str(width))

        def written():
            stream.flush()
            return re.sub(r"\x1b\[[\d;]*m", "", stream.buffer.getvalue().decode(encoding))

        return written

    return of


@pytest.fixture
def figures():
    """A table that is wider than a terminal, with words and numbers."""
    columns = [("row", "left"), ("", "left"), *((f"figure {number}", "right") for number in range(8))]
    table = Table("Figures", columns, note="By bootstrap.")
    table.add("2-VIS+BLSTM", "paper", *(f"0.{number}234" for number in range(8)))
    table.add("", "ours", *(f"0.{number}567, 0.8" for number in range(8)))
    return table


def test_values_are_aligned(capsys):
    print_values({"words": 9738, "the answers": "431"})
    assert capsys.readouterr().out == "  words        9738\n  the answers  431\n"


@pytest.mark.parametrize(("encoding", "expected"), [("utf-8", "café\n"), ("ascii", "caf\\xe9\n")])
def test_words_that_the_output_cannot_hold_are_escaped(encoding, expected, output):
    written = output(encoding)
    print_line("café")
    assert written() == expected


def test_what_would_steer_the_terminal_is_escaped(output):
    written = output()
    print_line("one\x1b[2J\rtwo\nthree")
    assert written() == "one\\x1b[2J\\rtwo\nthree\n"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_no_part_of_a_table_can_steer_the_terminal(is_terminal, output):
    written = output(is_terminal=is_terminal)
    table = Table("title\x1b]0;x\x07", (("heading\x9b2J", "left"),), note="note\rx\nof two lines")
    table.add("cell\x1bc")
    print_table(table)
    words = " ".join(written().split())
    for part in (r"title\x1b]0;x\x07", r"heading\x9b2J", r"cell\x1bc", r"note\rx of two lines"):
        assert part in words


@pytest.mark.parametrize(
    ("encoding", "is_terminal", "sign"),
    [("utf-8", True, "█"), ("utf-8", False, "#"), ("ascii", True, "#"), ("latin-1", True, "#")],
)
def test_bars_are_blocks_where_a_terminal_has_them(encoding, is_terminal, sign, output):
    written = output(encoding, is_terminal)
    table = Table("", (("", "left"),))
    table.add(bar(1, 1))
    print_table(table)
    assert written().split() == [sign * 40]


@pytest.mark.parametrize("terminal", ["none", "dumb"])
def test_elsewhere_a_table_is_plain_lines(terminal, figures, output, monkeypatch):
    written = output(is_terminal=terminal == "dumb")
    monkeypatch.setenv("TERM", "dumb")
    figures.add(bar(1, 1), *[""] * 9)
    print_table(figures)
    assert written() == str(figures).replace(BLOCK, "#") + "\n"


def test_without_colours_a_terminal_has_the_same_table(figures, output, monkeypatch):
    written = output(is_terminal=True)
    print_table(figures)
    expected = written()
    again = output(is_terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    print_table(figures)
    assert again() == expected
    assert "─" * 60 in expected


@pytest.mark.parametrize("width", [40, 80, 200])
def test_numbers_stay_whole_in_any_width(width, figures, output):
    written = output(is_terminal=True, width=width)
    print_table(figures)
    lines = written().splitlines()
    assert (lines[0], lines[-1]) == ("Figures", "By bootstrap.")
    assert max(map(len, lines)) <= width
    words = [line.split("  ") for line in lines]
    for cells in figures.rows:
        for number in cells[2:]:
            assert sum(number in map(str.strip, line) for line in words) == 1
    pieces = sum("figure" in line for line in lines)
    assert sum("2-VIS+BLSTM" in line for line in lines) == pieces
    assert (pieces == 1) == (width == 200)


def test_numbers_are_aligned_to_the_right(output):
    written = output(is_terminal=True)
    table = Table("", (("word", "left"), ("count", "right")))
    table.add("cat", 7)
    table.add("hippopotamus", 1234)
    print_table(table)
    assert [line.rstrip() for line in written().splitlines()[3:]] == [
        "cat               7",
        "hippopotamus   1234",
    ]


def test_long_words_are_folded_and_nothing_of_them_is_lost(output):
    written = output(is_terminal=True)
    table = Table("", (("", "left"), ("", "left"), ("", "right")))
    table.add("word", "several words " * 10 + "x" * 200, 12)
    print_table(table)
    assert written().count("several") == 10
    assert written().count("x") == 200
    assert max(map(len, written().splitlines())) <= 80


@pytest.mark.parametrize("width", range(24, 100, 5))
def test_words_are_whole_and_none_is_lost_in_any_width(width, output):
    written = output(is_terminal=True, width=width)
    columns = (("stage", "left"), ("inputs", "left"), ("weights", "right"), ("settings", "left"))
    table = Table("", columns)
    table.add("softmax", "bow, imgFeat", 1981307, "weightClip 15, weightRegConst 5e-05")
    table.add("txtDict", "", 4869000, "learningRate 0.8")
    print_table(table)
    assert max(map(len, written().splitlines())) <= width
    words = written().split()
    for row in table.rows:
        for cell in row[1:]:
            for word in cell.split():
                assert word in words


def test_cells_are_text_and_no_markup(output):
    written = output(is_terminal=True)
    table = Table("[bold]title[/]", (("[red]", "left"),), note="[/]")
    table.add("[blink]café[/blink]")
    print_table(table)
    assert {line.strip() for line in written().splitlines()} >= {
        "[bold]title[/]",
        "[red]",
        "[blink]café[/blink]",
        "[/]",
    }


def test_a_terminal_that_lacks_letters_gets_escapes(output):
    written = output("ascii", is_terminal=True)
    table = Table("café", (("word", "left"), ("count", "right")), note="猫")
    table.add("café", 1)
    print_table(table)
    assert written().count("caf\\xe9") == 2
    assert written().endswith("\\u732b\n")
