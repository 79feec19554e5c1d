"""When a round of training ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.training.early_stopping import EarlyStopping
from cocoqa_keras.training.record import Record


def record(training=1.0, validation=1.0, training_rate=0.5, validation_rate=0.5):
    return Record(0, 1.0, training, training_rate, validation, validation_rate)


@given(losses=st.lists(st.integers(0, 5), min_size=1, max_size=30), patience=st.integers(0, 3))
def test_training_ends_after_more_than_patience_validations_without_a_strictly_better_one(losses, patience):
    stopping = EarlyStopping(patience=patience)
    best, since = np.inf, 0
    for epoch, loss in enumerate(losses):
        is_better = loss < best
        best, since = (loss, 0) if is_better else (best, since + 1)
        assert stopping.is_better(record(training=10 + epoch, validation=loss)) == is_better
        assert stopping.since_best == since
        assert stopping.best_score == best
        assert bool(stopping.reason_to_stop(record())) == (since > patience)
    assert stopping.training_score == 10 + losses.index(min(losses))


def test_the_criterion_rate_watches_the_rates():
    stopping = EarlyStopping("rate")
    assert stopping.is_better(record(validation=1, validation_rate=0.3, training_rate=0.4))
    assert not stopping.is_better(record(validation=0, validation_rate=0.3))
    assert stopping.is_better(record(validation=2, validation_rate=0.5, training_rate=0.75))
    assert stopping.training_score == 0.25
    assert stopping.best_score == 0.5


@pytest.mark.parametrize(("loss", "stops"), [(0.6, False), (0.5, False), (0.4, True)])
def test_a_stop_score_ends_training_once_the_training_score_is_below(loss, stops):
    assert bool(EarlyStopping(stop_score=0.5).reason_to_stop(record(training=loss))) == stops
    rate = EarlyStopping("rate", stop_score=0.5).reason_to_stop(record(training=9, training_rate=1 - loss))
    assert bool(rate) == stops


@pytest.mark.parametrize(("loss", "stops"), [(0.02, False), (0.01, False), (0.009, True)])
def test_a_stop_cost_ends_training_once_the_training_loss_is_below(loss, stops):
    for criterion in ("loss", "rate"):
        stopping = EarlyStopping(criterion, stop_cost=0.01)
        assert bool(stopping.reason_to_stop(record(training=loss))) == stops


def test_without_limits_training_goes_on():
    assert EarlyStopping().reason_to_stop(record(training=0.0)) is None


@pytest.mark.parametrize("loss", [np.nan, np.inf])
def test_validations_that_are_no_numbers_are_never_better_and_end_training(loss):
    stopping = EarlyStopping(patience=1)
    for _ in range(2):
        assert not stopping.is_better(record(validation=loss))
    assert "no better validation" in stopping.reason_to_stop(record())
