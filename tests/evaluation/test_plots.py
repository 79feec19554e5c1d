"""Rates by question type and the confusion of answers, as plots."""

import math

import numpy as np
import pytest

from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.evaluation.evaluator import intervals
from cocoqa_keras.evaluation.plots import confusion_plot, types_plot, write_plots

OUTCOMES = {
    "rate": np.array([1, 1, 0, 1, 0, 0], bool),
    "rate @ 5": np.ones(6, bool),
    "object": np.array([1, 1, 0, 1], bool),
    "color": np.array([0, 0], bool),
    "WUPS 0.9": np.ones(6),
}


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


def check_nothing_is_clipped(plot):
    plot.draw_without_rendering()
    texts = [*plot.texts, *(text for legend in plot.legends for text in legend.get_texts())]
    for axes in plot.axes:
        texts += [
            *axes.texts,
            *axes.get_xticklabels(),
            *axes.get_yticklabels(),
            axes.xaxis.label,
            axes.yaxis.label,
        ]
    for text in texts:
        if text.get_text():
            box = text.get_window_extent()
            assert box.x0 >= -1, text
            assert box.y0 >= -1, text
            assert box.x1 <= plot.bbox.width + 1, text
            assert box.y1 <= plot.bbox.height + 1, text


def test_a_bar_for_all_questions_and_for_each_type_that_occurs():
    plot = types_plot(OUTCOMES, title="mine")
    (axes,) = plot.axes
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "all questions (6)",
        "object (4)",
        "color (2)",
    ]
    assert [bar.get_width() for bar in axes.patches] == [0.5, 0.75, 0]
    assert texts_of(axes) == ["0.500", "0.750", "0.000"]
    (reach,) = axes.collections
    shown = [(segment[0, 0], segment[1, 0]) for segment in reach.get_segments()]
    expected = [intervals(OUTCOMES)[name] for name in ("rate", "object", "color")]
    np.testing.assert_allclose(shown, expected, atol=1e-12)
    assert not plot.legends
    check_nothing_is_clipped(plot)


def test_the_papers_rates_stand_beside_ours_where_it_has_them():
    plot = types_plot(OUTCOMES, {"rate": 0.5592, "color": 0.5196, "WUPS 0.9": 0.7})
    (axes,) = plot.axes
    widths = [bar.get_width() for bar in axes.patches]
    assert widths[0] == 0.5592
    assert math.isnan(widths[1])
    assert widths[2:] == [0.5196, 0.5, 0.75, 0]
    assert texts_of(axes) == ["0.559", "", "0.520", "0.500", "0.750", "0.000"]
    assert [text.get_text() for text in plot.legends[0].get_texts()] == ["paper", "ours"]
    check_nothing_is_clipped(plot)


def test_right_answers_to_all_questions_fit():
    check_nothing_is_clipped(types_plot({"rate": np.ones(38948, bool), "location": np.ones(9, bool)}))


def test_shares_of_the_answers_given_are_shown():
    answers = Vocabulary(("cat", "dog", "red", "UNK"), 0)
    true = np.array([0, 0, 0, 0, 1, 1, 2])
    predicted = np.array([0, 0, 0, 1, 1, 3, 2])
    plot = confusion_plot(predicted, true, answers, most=2, title="mine")
    axes, _ = plot.axes
    np.testing.assert_array_equal(axes.images[0].get_array(), [[75, 25, 0], [0, 50, 50]])
    assert [text.get_text() for text in axes.get_yticklabels()] == ["cat (4)", "dog (2)"]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["cat", "dog", "(any other)"]
    assert texts_of(axes) == ["75", "25", "50", "50"]
    assert plot.get_suptitle() == "mine\nMost frequent true answers: 2, with 86% of the questions"


def test_rare_confusions_are_told_from_none():
    answers = Vocabulary(("cat", "dog", "UNK"), 0)
    predicted = np.zeros(1000, int)
    predicted[0] = 1
    axes, _ = confusion_plot(predicted, np.zeros(1000, int), answers).axes
    assert texts_of(axes) == ["100", "<1"]


@pytest.mark.parametrize("count", [1, 2, 20, 40])
def test_many_answers_few_and_long_ones_fit(count):
    words = (*(f"${'long answer ' * 9}$ {number}" for number in range(count)), "UNK")
    ids = np.arange(count)
    plot = confusion_plot(ids, ids, Vocabulary(words, 0), most=count)
    check_nothing_is_clipped(plot)
    assert bool(texts_of(plot.axes[0])) == (count <= 20)
    for text in (*plot.axes[0].get_xticklabels(), *plot.axes[0].get_yticklabels()):
        assert not text.get_parse_math()  # a price is no formula


def test_both_plots_are_written(tmp_path):
    answers = Vocabulary(("cat", "UNK"), 0)
    true = np.zeros(6, int)
    write_plots(tmp_path, "mine", OUTCOMES, true, true, answers)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["confusion.png", "types.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())
