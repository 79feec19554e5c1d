"""A data set's description, as text and for notebooks."""

from cocoqa_keras.data.description import lengths_table


def test_a_description_prints_sizes_parts_and_histograms(tiny_dataset):
    text = str(tiny_dataset.describe())
    assert repr(tiny_dataset.describe()) == text
    lines = [line.split() for line in text.splitlines()]
    assert ["words", "9"] in lines
    assert ["questions", "14", "6", "10"] in lines
    assert ["sha256", tiny_dataset.fingerprint()] in lines
    assert "Types of train and valid: guessed from the words, no file tells them." in text
    assert "Most frequent answers of the training part: 4 of 4 make 100.0%" in text


def test_a_description_fits_a_terminal_of_80_columns(tiny_dataset):
    # The folder and titles may wrap.
    lines = [line for line in str(tiny_dataset.describe()).splitlines() if line.startswith("  ")]
    assert max(map(len, lines)) <= 80


def test_a_notebook_shows_the_same_as_tables(tiny_dataset):
    page = tiny_dataset.describe()._repr_html_()
    assert page.count("<table>") == page.count("</table>") == 4
    assert tiny_dataset.fingerprint() in page


def test_long_questions_share_the_last_bar():
    table = lengths_table([0, 0, 7, *[1] * 30])
    assert [row[0] for row in table.rows[:2]] == ["2", "3"]
    assert table.rows[-1][:2] == ["21 or more", "12"]
    assert sum(int(row[1]) for row in table.rows) == 37


def test_short_questions_have_a_bar_for_each_length():
    table = lengths_table([1, 0, 4])
    assert [row[:2] for row in table.rows] == [["0", "1"], ["1", "0"], ["2", "4"]]
    assert [len(row[2]) for row in table.rows] == [10, 0, 40]
