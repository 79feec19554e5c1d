"""A slice along an axis."""

import numpy as np
import pytest

from cocoqa_keras.layers import Selector

BLOCK = np.arange(60.0).reshape(3, 4, 5)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((1, 3, 1), BLOCK[:, 1:3]),
        ((0, 1, 2), BLOCK[:, :, :1]),
        ((2, 5), BLOCK[..., 2:5]),
        ((1, 2, -2), BLOCK[:, 1:2]),
        ((3, 9, 1), BLOCK[:, 3:]),
    ],
)
def test_the_slice_is_that_of_numpy(arguments, expected):
    np.testing.assert_array_equal(Selector(*arguments)(BLOCK), expected)
