"""Intervals of a mean against a bootstrap that draws questions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cocoqa_keras.evaluation.bootstrap import mean_interval


def slow_interval(values, resamples):
    random = np.random.RandomState(1)
    means = [values[random.randint(len(values), size=len(values))].mean() for _ in range(resamples)]
    return np.percentile(means, [2.5, 97.5])


@pytest.mark.parametrize("kind", ["right or wrong", "similarities", "differences"])
def test_the_interval_is_that_of_drawing_questions(kind):
    random = np.random.RandomState(0)
    values = {
        "right or wrong": random.rand(400) < 0.3,
        "similarities": random.rand(400) ** 2,
        "differences": random.randint(-1, 2, 400),
    }[kind]
    width = np.ptp(slow_interval(values, 4000))
    np.testing.assert_allclose(mean_interval(values, 4000), slow_interval(values, 4000), atol=0.06 * width)


def test_the_interval_covers_the_mean_about_as_often_as_it_says():
    random = np.random.RandomState(0)
    samples = random.rand(400, 200) < 0.4
    intervals = [mean_interval(sample, 300) for sample in samples]
    assert 0.92 < np.mean([low <= 0.4 <= high for low, high in intervals]) < 0.98


def test_the_difference_of_models_that_fail_together_is_surer_than_either():
    random = np.random.RandomState(0)
    first = random.rand(2000) < 0.5
    second = first ^ (random.rand(2000) < 0.02)
    assert np.ptp(mean_interval(first.astype(int) - second)) < np.ptp(mean_interval(first)) / 3


@given(values=arrays(np.float64, st.integers(1, 20), elements=st.floats(-1, 1)))
def test_the_interval_lies_within_the_values_and_is_the_same_each_time(values):
    low, high = mean_interval(values, 50)
    assert values.min() - 1e-9 <= low <= high <= values.max() + 1e-9
    assert mean_interval(values, 50) == (low, high)


def test_equal_values_leave_no_doubt():
    assert mean_interval(np.ones(10, bool)) == (1, 1)
    assert mean_interval(np.array([0.25])) == (0.25, 0.25)


def test_the_seed_and_the_level_count():
    values = np.arange(100) % 3 == 0
    assert mean_interval(values, seed=1) != mean_interval(values, seed=2)
    low, high = mean_interval(values, level=0.5)
    assert mean_interval(values)[0] < low < high < mean_interval(values)[1]
