"""Every decision, on random outputs, against its counterpart in plain numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.models.decisions import DECISIONS

NUMPY_DECISIONS = {
    "argmax": lambda outputs: outputs.argmax(-1),
    "argmaxDiff": lambda outputs: np.pad(np.diff(outputs), [(0, 0), (0, 1)]).argmax(-1),
    "hardLimit": lambda outputs: (outputs > 0.5).astype(int),
    "round": lambda outputs: np.round(outputs).astype(int),
}


def test_every_decision_is_made_here():
    assert set(NUMPY_DECISIONS) == set(DECISIONS)


@pytest.mark.parametrize("name", DECISIONS)
@settings(max_examples=30, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 6)),
    dtype=st.sampled_from(["float64", "float32"]),
    has_ties=st.booleans(),
)
def test_decisions_are_those_of_numpy(name, seed, shape, dtype, has_ties):
    outputs = np.random.RandomState(seed).uniform(-3, 3, shape).astype(dtype)
    if has_ties:
        outputs = np.round(outputs * 2) / 2
    np.testing.assert_array_equal(DECISIONS[name](outputs), NUMPY_DECISIONS[name](outputs))
