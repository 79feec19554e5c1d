"""The curves of a round of training."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FormatStrFormatter, LogLocator, MaxNLocator, NullFormatter

from cocoqa_keras.plotting import BLUE, VERMILION, Plot, new_plot, set_title, tidy
from cocoqa_keras.training.early_stopping import EarlyStopping
from cocoqa_keras.training.record import Record

_SCORES = {"loss": "loss", "rate": "error"}  # by the criterion that looks at them
_WIDE = 20  # how many times the lowest loss the highest is, for a logarithmic scale
_FEW = 12  # records that are shown as points


def loss_plot(records: Sequence[Record], stopping: EarlyStopping, title: str = "") -> Plot:
    """Draws training and validation loss by epoch, on a logarithmic scale where they range widely.

    Args:
        records: those of the round, one at least.
        stopping: what ended the round, to mark the best validation or the score to stop at.
        title: such as the name of the run.
    """
    losses = [(record.training_loss, record.validation_loss) for record in records]
    plot, axes = _draw(records, losses, "loss", stopping, title)
    shown = _shown(axes)
    if min(shown) > 0 and max(shown) > _WIDE * min(shown):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(min(0, 1.05 * min(shown)), 1.05 * max(shown))
    return plot


def error_plot(records: Sequence[Record], stopping: EarlyStopping, title: str = "") -> Plot:
    """Draws training and validation error, the share of wrong answers, by epoch; see `loss_plot`."""
    errors = [(1 - record.training_rate, 1 - record.validation_rate) for record in records]
    plot, axes = _draw(records, errors, "rate", stopping, title)
    axes.set(ylabel="error (share of wrong answers)", ylim=(0, 1.05 * max(_shown(axes)) or 1))
    return plot


def _draw(
    records: Sequence[Record],
    scores: Sequence[tuple[float, float]],
    criterion: str,
    stopping: EarlyStopping,
    title: str,
) -> tuple[Plot, Axes]:
    """Draws the scores of training and validation that a criterion looks at."""
    plot = new_plot(6.4, 4.4)
    axes = plot.add_subplot()
    per_epoch = sum(record.epoch == records[0].epoch for record in records)
    epochs = [number / per_epoch for number in range(1, len(records) + 1)]
    training, validation = zip(*scores, strict=True)
    marker = "o" if len(records) <= _FEW else None
    axes.plot(epochs, training, color=BLUE, marker=marker, label="training (dropout on)")
    meaning = ""
    if any(record.is_validated for record in records):
        meaning = "First round: until validation gets no better"
        axes.plot(epochs, validation, color=VERMILION, ls=(0, (5, 1.5)), marker=marker, label="validation")
        best = len(records) - 1 - stopping.since_best
        name = f"best validation {_SCORES[stopping.criterion]}: at {epochs[best]:g}"
        _mark(axes, epochs[best], validation[best], name)
    elif stopping.stop_score is not None:
        name = f"{stopping.stop_score:.4f}"
        meaning = f"Second round: until the training {_SCORES[stopping.criterion]} is below {name}"
        if stopping.criterion == criterion:
            axes.axhline(stopping.stop_score, color="black", lw=1, ls=":", label=f"stop below {name}")
    set_title(plot, title, meaning)
    axes.set(xlabel="epochs", ylabel=_SCORES[criterion])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    tidy(axes)
    plot.legend(loc="outside lower center", ncols=3, frameon=False, fontsize="small")
    return plot, axes


def _shown(axes: Axes) -> list[float]:
    """The values that are drawn."""
    return [value for line in axes.lines for value in line.get_ydata()]


def _mark(axes: Axes, epoch: float, score: float, name: str) -> None:
    style = {"marker": "D", "markersize": 9, "markeredgecolor": "white"}
    axes.plot([epoch], [score], color=VERMILION, ls="", label=name, **style)
