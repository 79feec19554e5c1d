"""Every cost, on outputs of all kinds, against its counterpart in plain numpy."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy_costs import COSTS as NUMPY_COSTS

from cocoqa_keras.training.costs import COSTS

BARS = {"float64": {"rtol": 1e-8, "atol": 1e-8}, "float32": {"rtol": 1e-5, "atol": 1e-6}}


def test_every_cost_is_computed_here():
    assert set(NUMPY_COSTS) == set(COSTS)


def targets_of(name, random, count, width):
    if name == "mse":
        return random.standard_normal((count, width))
    return random.randint(0, 2, (count, width)) if name == "crossEntOne" else random.randint(0, width, count)


def slopes(function, values, step=1e-6):
    """The gradient of a function, by the difference across two steps of each of its values."""
    moves = step * np.eye(values.size).reshape(-1, *values.shape)
    rises = [function(values + move) - function(values - move) for move in moves]
    return np.reshape(rises, values.shape) / (2 * step)


@pytest.mark.parametrize("name", COSTS)
@settings(max_examples=20, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 6)),
    is_weighted=st.booleans(),
    dtype=st.sampled_from(list(BARS)),
)
def test_costs_and_gradients_are_those_of_numpy(name, seed, shape, is_weighted, dtype):
    random = np.random.RandomState(seed)
    outputs, targets = random.uniform(0.05, 0.95, shape), targets_of(name, random, *shape)
    weights = random.uniform(0, 3, shape[0]) if is_weighted else None
    tensor = tf.constant(outputs, dtype)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        cost = COSTS[name](dtype=dtype)(targets, tensor, sample_weight=weights)

    def cost_in_numpy(outputs):
        return NUMPY_COSTS[name](targets, outputs, np.ones(shape[0]) if weights is None else weights)

    np.testing.assert_allclose(cost, cost_in_numpy(outputs), **BARS[dtype])
    np.testing.assert_allclose(tape.gradient(cost, tensor), slopes(cost_in_numpy, outputs), **BARS[dtype])
