"""Parts of a data set as pandas tables."""

import sys

import pytest

from cocoqa_keras.errors import InputError


def test_a_frame_has_a_row_in_words_per_question(tiny_dataset):
    pytest.importorskip("pandas")
    frame = tiny_dataset.frame("test")
    assert list(frame.columns) == ["question", "answer", "image", "type"]
    assert len(frame) == len(tiny_dataset.test)
    for row, (question, answer, image, kind) in enumerate(frame.itertuples(index=False)):
        assert question.split() == tiny_dataset.words_of("test")[row]
        assert answer == tiny_dataset.answers.word_of(tiny_dataset.test.answers[row])
        assert image == tiny_dataset.image_names[tiny_dataset.test.image_ids[row] - 1]
        assert kind == ("object", "number", "color", "location")[row % 4]
    assert frame.groupby("type", observed=True).size()["object"] == 3


def test_without_pandas_a_line_says_what_to_install(tiny_dataset, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="pip install pandas"):
        tiny_dataset.frame("test")
