"""The look that all plots share, and how they become files."""

import io
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cocoqa_keras.files import atomic_path
from cocoqa_keras.tables import printable

# Of the palette of Okabe and Ito, which the colour-blind tell apart; in grey, the dashes of a line and the
# lightness of a bar do.
BLUE, VERMILION, GREY = "#0072b2", "#d55e00", "#bbbbbb"

_DOTS_PER_INCH = 120
_LONGEST_LABEL = 24  # characters
_LETTERS_PER_INCH = 11  # of a title


class Plot(Figure):
    """A figure that a notebook shows, whether or not pyplot is loaded."""

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        with _boxes_for_missing_letters():
            self.savefig(content, format="png")
        return content.getvalue()


def new_plot(width: float, height: float) -> Plot:
    """An empty figure.

    Args:
        width: in inches, at 120 dots each.
        height: likewise.
    """
    return Plot(figsize=(width, height), dpi=_DOTS_PER_INCH, layout="constrained")


def set_title(plot: Plot, *lines: str) -> None:
    """Writes lines above a plot, those that are not empty; long ones are broken."""
    width = int(_LETTERS_PER_INCH * plot.get_figwidth())
    broken = [part for line in lines for part in textwrap.wrap(printable(line), width)]
    plot.suptitle("\n".join(broken), x=0.01, ha="left", fontsize="medium", parse_math=False)


def tidy(axes: Axes, grid: Literal["x", "y", "both"] = "both") -> None:
    """Draws a light grid behind the data, and no frame but the axes."""
    axes.grid(axis=grid, alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def label(text: str) -> str:
    """A word or name of a user's data as a label: on one line, and cut where it is long."""
    text = printable(text)
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def save_plot(figure: Figure, path: str | Path) -> None:
    """Writes a figure, in the format of the path's suffix.

    Raises:
        InputError: the file cannot be written.
    """
    with atomic_path(path) as temporary, _boxes_for_missing_letters():
        figure.savefig(temporary)


@contextmanager
def _boxes_for_missing_letters() -> Iterator[None]:
    """Keeps matplotlib from warning of each letter that its font lacks: answers may be in any language."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield
