"""Sequences as rows and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.layers import TimeFold, TimeUnfold

SIZES = st.tuples(st.integers(0, 4), st.integers(1, 4), st.integers(1, 3))


@given(shape=SIZES)
@settings(max_examples=20)
def test_folding_undoes_unfolding(shape):
    sequences = np.arange(float(np.prod(shape))).reshape(shape)
    rows = TimeUnfold()(sequences)
    np.testing.assert_array_equal(rows, sequences.reshape(-1, shape[-1]))
    np.testing.assert_array_equal(TimeFold(shape[1])(rows), sequences)
    np.testing.assert_array_equal(TimeFold()(rows, np.zeros(shape[:2], np.int32)), sequences)


def test_an_empty_batch_stays_one():
    assert TimeFold(3)(np.zeros((0, 2))).shape == (0, 3, 2)
    assert TimeFold()(np.zeros((0, 2)), np.zeros((0, 5), np.int32)).shape == (0, 5, 2)
    assert TimeUnfold()(np.zeros((0, 5, 2))).shape == (0, 2)


def test_rows_that_make_no_whole_sequences_are_an_error():
    with pytest.raises(Exception, match="reshape"):
        TimeFold(3)(np.zeros((4, 2)))
