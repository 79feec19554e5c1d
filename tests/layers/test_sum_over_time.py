"""The bag of words."""

import numpy as np

from cocoqa_keras.layers import SumOverTime


def test_steps_are_added_and_padding_adds_nothing():
    sequences = np.random.RandomState(0).standard_normal((3, 4, 2))
    layer = SumOverTime(dtype="float64")
    np.testing.assert_allclose(layer(sequences), sequences.sum(1), rtol=1e-14)
    padded = np.pad(sequences, [(0, 0), (0, 3), (0, 0)])
    np.testing.assert_allclose(layer(padded), sequences.sum(1), rtol=1e-14)


def test_no_steps_add_up_to_zero():
    np.testing.assert_array_equal(SumOverTime()(np.zeros((2, 0, 3))), np.zeros((2, 3)))
