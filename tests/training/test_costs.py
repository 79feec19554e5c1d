"""The cost functions."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.errors import InputError
from cocoqa_keras.models.zoo import find_model
from cocoqa_keras.spec import load_spec
from cocoqa_keras.training.costs import COSTS, CrossEntropyIndex, HalfSquaredError, cost_of
from cocoqa_keras.training.trainer import Trainer


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("weighted", ["", "_weighted"])
@pytest.mark.parametrize("name", COSTS)
def test_costs_and_their_gradients_equal_the_2015_program(stages, name, weighted):
    figures = np.load(stages / "stages.npz", allow_pickle=False)
    key = f"loss/{name}{weighted}"
    outputs = tf.constant(figures[f"{key}/Y"])
    weights = figures[f"{key}/weights"] if weighted else None
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        cost = COSTS[name]()(figures[f"{key}/T"], outputs, sample_weight=weights)
    np.testing.assert_allclose(cost, figures[f"{key}/E"], rtol=1e-13)
    np.testing.assert_allclose(tape.gradient(cost, outputs), figures[f"{key}/dEdY"], rtol=1e-12, atol=1e-15)


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


def test_training_refuses_a_cost_whose_targets_are_no_answers(tiny_dataset, tmp_path):
    path = tmp_path / "bow.yml"
    path.write_text(find_model("bow").read_text().replace("crossEntIdx", "mse"))
    with pytest.raises(InputError, match=r"bow\.yml: costFn 'mse' cannot be trained with"):
        Trainer(load_spec(path), tiny_dataset, output=tmp_path)


def test_a_cost_that_cannot_be_trained_with_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"m\.model\.yml: costFn 'rankingLoss' cannot be trained with"):
        cost_of(spec_with(tmp_path, "rankingLoss"))
