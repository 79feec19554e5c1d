"""Mean and standard deviation of columns, in one pass."""

import numpy as np
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cocoqa_keras.data.column_moments import ColumnMoments

MATRICES = hnp.arrays(
    np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.floats(-1e3, 1e3, width=32)
)


def moments(values, block_rows):
    blocks = (values[start : start + block_rows] for start in range(0, len(values), block_rows))
    return ColumnMoments.of(map(scipy.sparse.csr_matrix, blocks), values.shape[1])


@given(MATRICES, st.integers(1, 12))
def test_they_are_numpys_in_blocks_of_any_size(values, block_rows):
    found = moments(values, block_rows)
    np.testing.assert_allclose(found.mean, values.mean(axis=0, dtype=np.float64), atol=1e-9)
    np.testing.assert_allclose(found.std, values.std(axis=0, dtype=np.float64), atol=1e-9)


def test_they_do_not_cancel_over_many_blocks():
    values = 1e6 + np.random.default_rng(0).random((100, 3))
    found = moments(values, 7)
    np.testing.assert_allclose(found.mean, values.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(found.std, values.std(axis=0), rtol=1e-8)


def test_without_rows_they_are_zero():
    found = ColumnMoments(2)
    assert found.mean.tolist() == found.std.tolist() == [0, 0]
