"""How well a model answers questions of each type, and which answers it takes for which, as plots."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer

from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.evaluation.confusion_file import MOST
from cocoqa_keras.evaluation.evaluator import Outcomes, intervals, means
from cocoqa_keras.evaluation.metrics import confusion
from cocoqa_keras.plotting import BLUE, GREY, Plot, label, new_plot, save_plot, set_title, tidy

RATES = {"rate": "all questions"} | {kind.name.lower(): kind.name.lower() for kind in QuestionType}
"""What the rates of all questions and of each type are called in plots, by their names in `result.txt`."""

_CELL = 0.4  # inches
_MOST_NUMBERS = 25  # answers, beyond which numbers in the cells could not be read


def write_plots(
    folder: Path,
    title: str,
    outcomes: Outcomes,
    predicted: np.ndarray,
    true: np.ndarray,
    answers: Vocabulary,
    paper: Mapping[str, float] | None = None,
) -> None:
    """Writes `types.png` and `confusion.png`; see `types_plot` and `confusion_plot`.

    Raises:
        InputError: a file cannot be written.
    """
    save_plot(types_plot(outcomes, paper, title), folder / "types.png")
    save_plot(confusion_plot(predicted, true, answers, title=title), folder / "confusion.png")


def types_plot(outcomes: Outcomes, paper: Mapping[str, float] | None = None, title: str = "") -> Plot:
    """Draws the rates of all questions and of each type that occurs, with their 95 % intervals.

    Args:
        outcomes: of `evaluator.outcomes`.
        paper: the paper's rates, to be shown beside them, by their names in `result.txt`.
        title: such as the name of the run.
    """
    shown = {name: outcomes[name] for name in RATES if name in outcomes}
    plot = new_plot(6.4, 1.4 + (0.6 if paper else 0.4) * len(shown))
    axes = plot.add_subplot()
    names = [f"{RATES[name]} ({len(values)})" for name, values in shown.items()]
    published = None if paper is None else [paper.get(name, math.nan) for name in shown]
    draw_rates(axes, names, list(means(shown).values()), published, list(intervals(shown).values()))
    set_title(plot, title)
    axes.set(xlabel="share of right answers, with its 95 % interval", xlim=(0, 1))
    if paper is not None:
        plot.legend(loc="outside lower center", ncols=2, frameon=False)
    return plot


def draw_rates(
    axes: Axes,
    names: Sequence[str],
    ours: Sequence[float],
    paper: Sequence[float] | None = None,
    intervals: Sequence[tuple[float, float]] | None = None,
) -> None:
    """Draws a bar for each rate, with its number, and one of the paper's above it.

    Args:
        axes: where to.
        names: of the rates, from top to bottom.
        ours: the rates.
        paper: the paper's rates; those that it does not have are not a number.
        intervals: lower and upper end of each of our rates.
    """
    places = np.arange(len(names))
    height = 0.6 if paper is None else 0.38
    if paper is not None:
        bars = axes.barh(places - height / 2, paper, height, color=GREY, label="paper")
        _write_numbers(axes, bars, paper)
        places = places + height / 2
    reach = None
    if intervals is not None:
        reach = np.abs(np.asarray(intervals) - np.asarray(ours)[:, None]).T
    bars = axes.barh(places, ours, height, xerr=reach, color=BLUE, ecolor="black", label="ours")
    _write_numbers(axes, bars, ours)
    axes.set_yticks(np.arange(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    tidy(axes, "x")


def _write_numbers(axes: Axes, bars: BarContainer, rates: Sequence[float]) -> None:
    numbers = ["" if math.isnan(rate) else f"{rate:.3f}" for rate in rates]
    axes.bar_label(bars, numbers, padding=3, fontsize="small")


def confusion_plot(
    predicted: np.ndarray, true: np.ndarray, answers: Vocabulary, most: int = MOST, title: str = ""
) -> Plot:
    """Draws which answers are given to the questions of each of the most frequent true answers.

    Args:
        predicted: (N,) int, the answers given.
        true: (N,) int, the true answers.
        answers: the answers by id.
        most: how many true answers to show.
        title: such as the name of the run.
    """
    frequent, counts = confusion(predicted, true, most)
    totals = counts.sum(axis=1, keepdims=True)
    names = [label(answer) for answer in answers.decode(frequent.tolist())]
    plot = new_plot(max(6.4, 3.6 + _CELL * len(names)), max(4, 2.6 + _CELL * len(names)))
    axes = plot.add_subplot()
    image = axes.imshow(100 * counts / totals, cmap="Blues", vmin=0, vmax=100)
    rows = [f"{name} ({total})" for name, total in zip(names, totals[:, 0], strict=True)]
    axes.set_yticks(np.arange(len(names)), rows, parse_math=False)
    columns = [*names, "(any other)"]
    axes.set_xticks(
        np.arange(len(columns)), columns, rotation=45, ha="right", rotation_mode="anchor", parse_math=False
    )
    axes.axvline(len(names) - 0.5, color="white", lw=4)  # between the answers of the list and all others
    axes.spines[:].set_visible(False)
    axes.set(xlabel="answer given", ylabel="true answer (questions)")
    share = totals.sum() / len(true)
    set_title(plot, title, f"Most frequent true answers: {len(names)}, with {share:.0%} of the questions")
    plot.colorbar(image, label="% of the true answer's questions", shrink=0.8)
    if len(names) <= _MOST_NUMBERS:
        _write_shares(axes, counts, totals)
    return plot


def _write_shares(axes: Axes, counts: np.ndarray, totals: np.ndarray) -> None:
    """Writes the shares that are not zero into their cells, in percent."""
    for row, column in zip(*np.nonzero(counts), strict=True):
        percent = 100 * counts[row, column] / totals[row, 0]
        text = f"{percent:.0f}" if percent >= 0.5 else "<1"
        color = "white" if percent > 55 else "black"
        axes.text(column, row, text, ha="center", va="center", fontsize="small", color=color)
