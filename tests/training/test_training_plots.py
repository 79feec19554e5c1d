"""The curves of a round of training."""

import numpy as np
import pytest

from cocoqa_keras.training.early_stopping import EarlyStopping
from cocoqa_keras.training.plots import error_plot, loss_plot
from cocoqa_keras.training.record import Record

STOPPING = EarlyStopping()


def validated(count, per_epoch=1, steepness=1.0):
    """Records of a first round; the losses fall from 3 and 4."""
    return [
        Record(
            epoch=number // per_epoch,
            seconds=number,
            training_loss=3 / (1 + steepness * number),
            training_rate=number / count,
            validation_loss=4 / (1 + steepness * number),
            validation_rate=0.25,
        )
        for number in range(count)
    ]


def not_validated(count):
    return [Record(number, number, 3 / (1 + number), number / count) for number in range(count)]


def lines_of(plot):
    """The points of each line, by its name."""
    (axes,) = plot.axes
    return {line.get_label(): np.transpose([line.get_xdata(), line.get_ydata()]) for line in axes.lines}


def heading_of(plot):
    return plot.get_suptitle()


@pytest.mark.parametrize("count", [1, 2, 200])
def test_losses_and_errors_of_each_epoch_are_shown(count):
    records = validated(count)
    epochs = np.arange(1, count + 1)
    lines = lines_of(loss_plot(records, STOPPING))
    np.testing.assert_array_equal(lines["training (dropout on)"], np.transpose([epochs, 3 / epochs]))
    np.testing.assert_array_equal(lines["validation"], np.transpose([epochs, 4 / epochs]))
    lines = lines_of(error_plot(records, STOPPING))
    np.testing.assert_array_equal(lines["training (dropout on)"][:, 1], 1 - np.arange(count) / count)
    np.testing.assert_array_equal(lines["validation"][:, 1], [0.75] * count)


@pytest.mark.parametrize("count", [1, 3, 20, 200])
def test_every_curve_is_inside_and_epochs_are_whole_numbers(count):
    for draw, records in (
        (loss_plot, validated(count)),
        (error_plot, validated(count)),
        (loss_plot, not_validated(count)),
    ):
        plot = draw(records, STOPPING)
        plot.draw_without_rendering()
        (axes,) = plot.axes
        ticks = axes.get_xticks()
        assert len(ticks)
        np.testing.assert_array_equal(ticks, np.round(ticks))
        points = np.concatenate(list(lines_of(plot).values()))
        for values, (low, high) in zip(points.T, (axes.get_xlim(), axes.get_ylim()), strict=True):
            assert low <= values.min()
            assert values.max() < high


def test_errors_without_validation_fill_the_plot():
    records = [Record(number, number, 1.0, 0.9 + 0.01 * number) for number in range(5)]
    (axes,) = error_plot(records, STOPPING).axes
    assert axes.get_ylim() == pytest.approx((0, 0.105))
    (axes,) = error_plot([Record(0, 0, 1.0, 1.0)], STOPPING).axes
    assert axes.get_ylim() == (0, 1)


def test_records_within_an_epoch_lie_between_epochs():
    lines = lines_of(loss_plot(validated(8, per_epoch=4), STOPPING))
    np.testing.assert_array_equal(lines["validation"][:, 0], np.arange(1, 9) / 4)


def test_the_best_validation_is_marked():
    stopping = EarlyStopping("rate", since_best=3)
    for plot, score in (
        (loss_plot(validated(10), stopping, "mine-v"), 4 / 7),
        (error_plot(validated(10), stopping), 0.75),
    ):
        np.testing.assert_allclose(lines_of(plot)["best validation error: at 7"], [[7, score]])
    assert heading_of(loss_plot(validated(10), stopping, "mine-v")).splitlines() == [
        "mine-v",
        "First round: until validation gets no better",
    ]


@pytest.mark.parametrize(("criterion", "name"), [("loss", "loss"), ("rate", "error")])
def test_the_stop_score_is_shown_with_the_score_that_it_is_of(criterion, name):
    stopping = EarlyStopping(criterion, stop_score=0.4)
    plots = {"loss": loss_plot(not_validated(5), stopping), "rate": error_plot(not_validated(5), stopping)}
    for of, plot in plots.items():
        assert ("stop below 0.4000" in lines_of(plot)) == (of == criterion)
        assert "validation" not in lines_of(plot)
        assert heading_of(plot) == f"Second round: until the training {name} is below 0.4000"


def test_losses_are_on_a_logarithmic_scale_where_they_range_widely():
    assert loss_plot(validated(10), STOPPING).axes[0].get_yscale() == "linear"
    assert loss_plot(validated(10), STOPPING).axes[0].get_ylim()[0] == 0
    assert loss_plot(validated(40), STOPPING).axes[0].get_yscale() == "log"
    with_zero = [Record(0, 0, 100.0, 0.5), Record(1, 1, 0.0, 1.0)]
    assert loss_plot(with_zero, STOPPING).axes[0].get_yscale() == "linear"
