"""McNemar's test and Holm's correction, against figures known from elsewhere."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.report.mcnemar import Disagreement, holm

COUNTS = st.integers(0, 40)


def test_only_questions_that_one_model_answers_rightly_count():
    first = np.array([True, True, True, False, False])
    second = np.array([True, False, False, True, False])
    assert Disagreement.of(first, second) == Disagreement(only_first=2, only_second=1)


@pytest.mark.parametrize(
    ("counts", "p_value"), [((1, 9), 22 / 1024), ((0, 5), 2 / 32), ((3, 3), 1), ((0, 0), 1)]
)
def test_p_values_by_hand(counts, p_value):
    assert Disagreement(*counts).p_value == pytest.approx(p_value)


@given(COUNTS, COUNTS)
def test_p_is_twice_the_binomial_tail(first, second):
    total, fewer = first + second, min(first, second)
    tail = sum(comb(total, count) for count in range(fewer + 1)) / 2**total
    assert Disagreement(first, second).p_value == pytest.approx(min(1, 2 * tail))


def test_holm_as_p_adjust_of_r():
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([0.03, 0.5, 0.001, 0.9]) == pytest.approx([0.09, 1, 0.004, 1])
    assert holm([0.02]) == [0.02]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=15))
def test_holm_keeps_order_and_never_lowers(p_values):
    corrected = np.array(holm(p_values))
    assert (corrected >= p_values).all()
    assert (corrected <= np.minimum(1, len(p_values) * np.array(p_values)) + 1e-12).all()
    assert (np.diff(corrected[np.argsort(p_values)]) >= 0).all()
