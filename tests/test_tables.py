"""Tables as plain lines and as HTML."""

import pytest

from cocoqa_keras.tables import Table, bar, printable


@pytest.fixture
def table():
    table = Table("Animals", (("name", "left"), ("count", "right")), note="Counted twice.")
    table.add("cat", 7)
    table.add("<b>hippopotamus", 12)
    return table


def test_columns_are_aligned(table):
    assert str(table).splitlines() == [
        "Animals",
        "  name             count",
        "  cat                  7",
        "  <b>hippopotamus     12",
        "Counted twice.",
    ]


def test_without_headings_there_is_no_line_of_them():
    table = Table("Sizes", (("", "left"), ("", "left")))
    table.add("words", 9)
    assert str(table) == "Sizes\n  words  9"


def test_html_shows_text_as_text(table):
    page = table.to_html()
    assert "&lt;b&gt;hippopotamus" in page
    assert "<b>" not in page
    assert "<p>Counted twice.</p>" in page


def test_a_cell_cannot_steer_the_terminal(table):
    table.add("\x1b[2J\nred", 1)
    assert "\\x1b[2J\\nred" in str(table)
    assert len(str(table).splitlines()) == 6


def test_words_of_any_language_are_shown_as_they_are():
    assert printable("café 猫 \u202e\ud800") == "café 猫 \\u202e\\ud800"


def test_bars_are_in_proportion_and_none_that_counts_is_empty():
    assert [len(bar(count, 100)) for count in (0, 1, 50, 100)] == [0, 1, 20, 40]
    assert bar(0, 0) == ""
