"""The paper's table with ours beside it, as Markdown and as a bar chart."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.files import atomic_path
from cocoqa_keras.reproduce.result import RowResult
from cocoqa_keras.tables import Table

Figures = Mapping[str, float]
Results = Mapping[str, Sequence[RowResult]]  # of each row, a result for each seed

_TYPES = tuple(kind.name.lower() for kind in QuestionType)
_FIGURES = ("rate", "WUPS 0.9", "WUPS 0.0", *_TYPES)
_COLUMNS = ("row", "", *_FIGURES, "ours - paper", "95 %", "epochs", "minutes")
_PAPER_COLOR, _OUR_COLOR = "#bbbbbb", "#0072b2"  # told apart by the colour-blind, and in grey


def mean_figures(results: Sequence[RowResult]) -> dict[str, float]:
    """The mean of each figure over the seeds."""
    return {name: float(np.mean([r.figures[name] for r in results])) for name in results[0].figures}


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


def markdown_of(table: Table, left_out: Mapping[str, str]) -> str:
    """The table in Markdown, and why rows are left out."""
    headings = [heading for heading, _ in table.columns]
    lines = ["| " + " | ".join(cells) + " |" for cells in (headings, ["---"] * len(headings), *table.rows)]
    notes = [f"\n{reason}" for reason in reasons(left_out)]
    return "\n".join([*lines, *notes]) + "\n"


def reasons(left_out: Mapping[str, str]) -> list[str]:
    """A line for each row that is left out."""
    return [f"{name} is left out: {reason}" for name, reason in left_out.items()]


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


def plot_types(path: Path, results: Results, published: Mapping[str, Figures]) -> None:
    """Draws the rates of all questions and of each type, a panel each, with two bars for every row."""
    rows = [name for name in published if name in results]
    figure = Figure(figsize=(11, 1.4 + 0.45 * len(rows)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 1 + len(_TYPES), sharex=True, sharey=True)
    positions = np.arange(len(rows))
    for axes, kind in zip(panels, ("rate", *_TYPES), strict=True):
        paper = [published[name].get(kind, 0) for name in rows]
        ours = [mean_figures(results[name]).get(kind, 0) for name in rows]
        axes.barh(positions - 0.2, paper, 0.38, color=_PAPER_COLOR, label="paper")
        axes.barh(positions + 0.2, ours, 0.38, color=_OUR_COLOR, label="ours")
        axes.set(title="all questions" if kind == "rate" else kind, yticks=positions, yticklabels=rows)
        axes.grid(axis="x", alpha=0.3)
        axes.set_axisbelow(True)
    panels[0].invert_yaxis()
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2, frameon=False)
    figure.supxlabel("share of right answers on the test part", fontsize="medium")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120)
