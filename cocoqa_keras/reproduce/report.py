"""The paper's table with ours beside it, as Markdown and as a bar chart."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.evaluation.plots import RATES, draw_rates
from cocoqa_keras.plotting import Plot, new_plot
from cocoqa_keras.reproduce.result import RowResult
from cocoqa_keras.tables import Table

Figures = Mapping[str, float]
Results = Mapping[str, Sequence[RowResult]]  # of each row, a result for each seed

_FIGURES = ("rate", "WUPS 0.9", "WUPS 0.0", *(kind.name.lower() for kind in QuestionType))
_COLUMNS = ("row", "", *_FIGURES, "ours - paper", "95 %", "epochs", "minutes")


def mean_figures(results: Sequence[RowResult]) -> dict[str, float]:
    """The mean over the seeds of each figure that all of them have; without WordNet, one has no WUPS."""
    names = [name for name in results[0].figures if all(name in result.figures for result in results)]
    return {name: float(np.mean([result.figures[name] for result in results])) for name in names}


def table_of(results: Results, published: Mapping[str, Figures]) -> Table:
    """For each row a line of the paper's figures and one of ours.

    The difference of the rates comes with its 95 % interval, by bootstrap over the test questions; of
    several seeds, with the lowest and the highest instead.

    Args:
        results: our results by row.
        published: the paper's figures by row, each by its name in `result.txt`.
    """
    sides = ["left", "left", *["right"] * (len(_COLUMNS) - 2)]
    table = Table("The paper's figures and ours", list(zip(_COLUMNS, sides, strict=True)))
    for name, paper in published.items():
        if name in results:
            table.add(name, "paper", *_cells(paper), "", "", "", "")
            table.add("", "ours", *_own_cells(results[name], paper["rate"]))
    return table


def markdown_of(table: Table, notes: Sequence[str]) -> str:
    """The table in Markdown, with notes below it."""
    headings = [heading for heading, _ in table.columns]
    lines = ["| " + " | ".join(cells) + " |" for cells in (headings, ["---"] * len(headings), *table.rows)]
    return "\n".join([*lines, *(f"\n{note}" for note in notes)]) + "\n"


def _own_cells(results: Sequence[RowResult], paper: float) -> list[str]:
    figures = mean_figures(results)
    rates = [result.figures["rate"] for result in results]
    low, high = results[0].interval if len(results) == 1 else (min(rates), max(rates))
    epochs = "; ".join(" + ".join(map(str, result.epochs)) for result in results if result.epochs)
    minutes = "; ".join(f"{result.seconds / 60:.0f}" for result in results if result.epochs)
    sure = f"{low - paper:+.4f}, {high - paper:+.4f}"
    return [*_cells(figures), f"{figures['rate'] - paper:+.4f}", sure, epochs, minutes]


def _cells(figures: Figures) -> list[str]:
    return [f"{figures[name]:.4f}" if name in figures else "" for name in _FIGURES]


def rows_plot(results: Results, published: Mapping[str, Figures]) -> Plot:
    """Draws the rates of all questions and of each type, a panel each, with two bars for every row."""
    rows = [name for name in published if name in results]
    ours = [mean_figures(results[name]) for name in rows]
    plot = new_plot(12, 1.6 + 0.6 * len(rows))
    panels = plot.subplots(1, len(RATES), sharex=True, sharey=True)
    for axes, (rate, title) in zip(panels, RATES.items(), strict=True):
        paper = [published[name].get(rate, math.nan) for name in rows]
        draw_rates(axes, rows, [figures.get(rate, math.nan) for figures in ours], paper)
        axes.set_title(title)
        axes.margins(x=0.25)  # room for the numbers
    plot.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2, frameon=False)
    plot.supxlabel("share of right answers on the test part", fontsize="medium")
    return plot
