"""The look of plots, and how they become files."""

import io
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from cocoqa_keras.errors import InputError
from cocoqa_keras.plotting import BLUE, GREY, VERMILION, label, new_plot, save_plot, set_title

# What linear red, green and blue become to eyes without one kind of cone (Machado, Oliveira, Fernandes 2009).
DEUTERANOPIA = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
]
PROTANOPIA = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
]


@pytest.mark.parametrize("eyes", [np.eye(3), DEUTERANOPIA, PROTANOPIA], ids=["all", "no green", "no red"])
def test_colours_are_told_apart(eyes):
    seen = [np.asarray(eyes) @ np.power(to_rgb(color), 2.2) for color in (BLUE, VERMILION, GREY)]
    for first, second in combinations(seen, 2):
        assert np.linalg.norm(first - second) > 0.3


def test_bars_are_told_apart_in_grey():
    ours, papers = (np.dot([0.2126, 0.7152, 0.0722], np.power(to_rgb(color), 2.2)) for color in (BLUE, GREY))
    assert (papers + 0.05) / (ours + 0.05) > 2


def test_a_plot_is_written_in_its_size(tmp_path):
    save_plot(new_plot(3, 2), tmp_path / "new" / "plot.png")
    with Image.open(tmp_path / "new" / "plot.png") as picture:
        assert picture.size == (360, 240)


def test_a_plot_that_cannot_be_written_is_an_input_error_and_leaves_nothing(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write"):
        save_plot(new_plot(1, 1), tmp_path / "file" / "plot.png")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_notebook_shows_a_plot():
    with Image.open(io.BytesIO(new_plot(3, 2)._repr_png_())) as picture:
        assert picture.format == "PNG"


def test_letters_that_the_font_lacks_are_no_warning(tmp_path):
    plot = new_plot(2, 2)
    set_title(plot, "猫")
    save_plot(plot, tmp_path / "plot.png")
    assert plot._repr_png_()


def test_a_title_is_text_and_long_ones_are_broken(tmp_path):
    plot = new_plot(4, 2)
    set_title(plot, "", "for $x_$\x1b", "word " * 40)
    save_plot(plot, tmp_path / "plot.png")
    (text,) = plot.texts
    assert text.get_text().splitlines()[0] == "for $x_$\\x1b"
    assert text.get_text().count("word") == 40
    box = text.get_window_extent()
    assert 0 <= box.x0 < box.x1 <= plot.bbox.width


def test_labels_are_one_short_line():
    assert label("cat") == "cat"
    assert label("two\nlines") == "two\\nlines"
    assert label("x" * 24) == "x" * 24
    assert label("x" * 25) == "x" * 23 + "…"
