"""The cost functions."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.models.sizes import INDEX_COSTS
from cocoqa_keras.spec import load_spec
from cocoqa_keras.spec.model_spec import Cost
from cocoqa_keras.training.costs import (
    COSTS,
    BinaryCrossEntropy,
    BinaryCrossEntropyIndex,
    CrossEntropyIndex,
    CumulativeBinaryCrossEntropyIndex,
    HalfSquaredError,
    RankingLoss,
    _IndexCost,
    by_example,
    cost_of,
)

# The 2015 program weighs no crossEntOne, and crossEntOneIdx was not measured.
MEASURED = [
    *(f"{name}{kind}" for name in COSTS if "One" not in name for kind in ("", "_weighted")),
    "crossEntOneAccIdx",
    "crossEntOneAccIdx_weighted",
    "crossEntOne",
]


@pytest.mark.parametrize("measured", MEASURED)
def test_costs_and_their_gradients_equal_the_2015_program(stages, floatx, measured):
    name, _, weighted = measured.partition("_")
    figures = np.load(stages / "stages.npz", allow_pickle=False)
    key = f"loss/{measured}"
    outputs = tf.constant(figures[f"{key}/Y"], floatx)
    weights = figures[f"{key}/weights"] if weighted else None
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        cost = COSTS[name]()(figures[f"{key}/T"], outputs, sample_weight=weights)
    bars = {"rtol": 1e-12, "atol": 1e-15} if floatx == "float64" else {"rtol": 1e-5, "atol": 1e-6}
    np.testing.assert_allclose(cost, figures[f"{key}/E"], **bars)
    np.testing.assert_allclose(tape.gradient(cost, outputs), figures[f"{key}/dEdY"], **bars)


@given(seed=st.integers(0, 1000), shape=st.tuples(st.integers(1, 5), st.integers(2, 4)))
def test_cross_entropy_is_the_mean_of_negative_logarithms(seed, shape):
    random = np.random.RandomState(seed)
    outputs = random.uniform(0, 1, shape).astype("float32")
    answers = random.randint(0, shape[1], shape[0])
    expected = np.mean([-np.log(row[answer] + 1e-8) for row, answer in zip(outputs, answers, strict=True)])
    for targets in (answers, answers[:, None], answers.astype("float32")):
        assert float(CrossEntropyIndex()(targets, outputs)) == pytest.approx(expected, rel=1e-5)


def test_an_answer_of_probability_zero_costs_a_finite_amount():
    assert float(CrossEntropyIndex()([0], [[0.0, 1.0]])) == pytest.approx(-np.log(1e-8), rel=1e-6)


def test_half_squared_error_is_summed_over_outputs_and_averaged_over_examples():
    outputs, targets = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 0.0], [3.0, 2.0]])
    assert float(HalfSquaredError()(targets, outputs)) == pytest.approx((5 / 2 + 4 / 2) / 2)


@pytest.mark.parametrize("name", COSTS)
def test_costs_are_saved_by_name(name):
    again = keras.losses.deserialize(keras.losses.serialize(COSTS[name]()))
    assert type(again) is COSTS[name]


def test_every_cost_of_a_model_file_is_there():
    assert set(COSTS) == set(Cost.__args__)


def test_a_model_gets_an_output_for_each_answer_where_its_cost_has_one():
    assert {name for name, cost in COSTS.items() if issubclass(cost, _IndexCost)} == set(INDEX_COSTS)


def spec_with(tmp_path, cost):
    path = tmp_path / "m.model.yml"
    stage = {"name": "a", "type": "concat", "inputs": "input", "axis": 1}
    path.write_text(
        yaml.safe_dump({"name": "m", "costFn": cost, "stages": ["a"], "outputs": "a", "specs": [stage]})
    )
    return load_spec(path)


def test_the_cost_of_a_model_is_the_one_it_names(tmp_path):
    for name, cost in COSTS.items():
        assert type(cost_of(spec_with(tmp_path, name))) is cost


@given(seed=st.integers(0, 1000), shape=st.tuples(st.integers(1, 5), st.integers(2, 4)))
def test_binary_costs_take_every_answer_by_itself(seed, shape):
    random = np.random.RandomState(seed)
    outputs = random.uniform(0.01, 0.99, shape).astype("float32")
    answers = random.randint(0, shape[1], (shape[0], 1))
    ids = np.arange(shape[1])
    for cost, targets in (
        (BinaryCrossEntropyIndex(), ids == answers),
        (CumulativeBinaryCrossEntropyIndex(), ids > answers),
    ):
        expected = -np.log(np.where(targets, outputs, 1 - outputs)).sum(axis=1).mean()
        assert float(cost(answers, outputs)) == pytest.approx(expected, rel=1e-4)
        mean = float(BinaryCrossEntropy()(targets.astype("float32"), outputs))
        assert mean == pytest.approx(expected / shape[1], rel=1e-4)


def test_ranking_loss_asks_the_true_answer_to_be_a_tenth_ahead():
    outputs = np.array([[1.0, 0.95, 0.5, 1.5]])
    assert float(RankingLoss()([0], outputs)) == pytest.approx(0.05 + 0.6, rel=1e-5)
    assert float(RankingLoss()([3], outputs)) == 0
    assert float(RankingLoss()([0], np.array([[3.0]]))) == 0


@pytest.mark.parametrize("name", ["crossEntOne", "mse"])
def test_an_answer_s_id_is_the_target_of_a_single_output(name):
    outputs = np.array([[0.25], [0.75]], "float32")
    cost = COSTS[name]()
    assert float(cost([0, 1], outputs)) == pytest.approx(float(cost([[0.0], [1.0]], outputs)))
    weighted = float(cost([0, 1], outputs, sample_weight=[2.0, 0.0]))
    assert weighted == pytest.approx(float(cost([0], outputs[:1])))


@pytest.mark.parametrize("probability", [0.0, 1.0])
@pytest.mark.parametrize("name", ["crossEntOne", "crossEntOneIdx", "crossEntOneAccIdx"])
def test_certain_probabilities_cost_a_finite_amount(name, probability):
    outputs = np.full((1, 1 if name == "crossEntOne" else 3), probability, "float32")
    assert np.isfinite(float(COSTS[name]()([1], outputs)))


@pytest.mark.parametrize("name", COSTS)
@pytest.mark.parametrize("weights", [None, np.array([0.0, 0.5, 3.0, 1.5])], ids=["unweighted", "weighted"])
def test_costs_of_the_examples_have_the_mean_cost(float64, name, weights):
    random = np.random.RandomState(0)
    outputs = random.uniform(0, 1, (4, 3))
    targets = outputs[::-1] if name in ("crossEntOne", "mse") else random.randint(0, 3, 4)
    cost = COSTS[name]()
    costs = by_example(cost)(targets, outputs, sample_weight=weights)
    assert costs.shape == (4,)
    assert float(np.mean(costs)) == pytest.approx(float(cost(targets, outputs, sample_weight=weights)))
