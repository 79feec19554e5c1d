"""Sequences read backwards."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.layers import TimeReverse


@given(lengths=st.lists(st.integers(0, 5), min_size=1, max_size=5), extra=st.integers(0, 2))
@settings(max_examples=30)
def test_the_real_part_is_reversed_and_the_padding_stays(lengths, extra):
    sequences = np.zeros((len(lengths), 5 + extra, 2))
    for row, length in enumerate(lengths):
        sequences[row, :length, 1] = np.arange(1, length + 1)  # the first column being 0 ends nothing
    reversed_ = TimeReverse(dtype="float64")(sequences).numpy()
    for row, length in enumerate(lengths):
        np.testing.assert_array_equal(reversed_[row, :length], sequences[row, :length][::-1])
        assert not reversed_[row, length:].any()
    np.testing.assert_array_equal(TimeReverse(dtype="float64")(reversed_), sequences)


def test_what_follows_the_first_empty_step_stays_in_place():
    sequence = np.array([[[1.0], [2.0], [0.0], [3.0], [4.0]]])
    np.testing.assert_array_equal(TimeReverse()(sequence)[0, :, 0], [2, 1, 0, 3, 4])


def test_no_sequences_and_no_steps_are_fine():
    assert TimeReverse()(np.zeros((0, 3, 2))).shape == (0, 3, 2)
    assert TimeReverse()(np.zeros((2, 0, 2))).shape == (2, 0, 2)
