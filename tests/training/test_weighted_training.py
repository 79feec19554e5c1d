"""Training in which some examples count more than others."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from reporters import Lines

from cocoqa_keras.data.pipeline import BatchReader
from cocoqa_keras.evaluation.metrics import rate
from cocoqa_keras.evaluation.predictor import Predictor
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo, fit_sizes
from cocoqa_keras.spec import TrainingConfig
from cocoqa_keras.training.costs import cost_of
from cocoqa_keras.training.example_weights import write_example_weights
from cocoqa_keras.training.optimizer import StageSettings, StagewiseSGD
from cocoqa_keras.training.step import TrainingStep
from cocoqa_keras.training.trainer import Trainer


@pytest.fixture
def trainer(tiny_spec, tiny_dataset, tiny_features, tmp_path, tmp_path_factory):
    """Makes a trainer of a model, with example weights of training and validation part where given."""

    def make(train=None, valid=None, model="img_bow", dataset=tiny_dataset, **config):
        weights = {"train": train, "valid": valid}
        prefix = None if train is None else tmp_path_factory.mktemp("weights") / "w"
        write_example_weights(prefix, {name: part for name, part in weights.items() if part is not None})
        return Trainer(
            tiny_spec(model),
            dataset,
            tiny_features,
            TrainingConfig(**{"numEpoch": 3, "batchSize": 4, "plotFigs": False, **config}),
            output=tmp_path / "results",
            exports=False,
            tensorboard=False,
            reporter=Lines(),
            example_weights=prefix,
        )

    return make


def figures(round_):
    return [
        (record.training_loss, record.training_rate, record.validation_loss, record.validation_rate)
        for record in round_.records
    ]


def test_weights_of_one_repeat_the_unweighted_run_bit_for_bit(trainer):
    plain, ones = trainer(model="vis_lstm"), trainer(np.ones(14), np.ones(6), model="vis_lstm")
    for train_round in (lambda run: run.train_round_one(), lambda run: run.train_round_two(0.0)):
        expected, weighted = train_round(plain), train_round(ones)
        assert figures(weighted) == figures(expected)
        for ours, theirs in zip(
            weighted.training.model.get_weights(), expected.training.model.get_weights(), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)


def plain_descent(learning_rate):
    """Plain descent for the model `bow`."""
    return StagewiseSGD([StageSettings(stage, learning_rate) for stage in ("txtDict", "softmax")])


def step_once(spec, dataset, rows, weights, learning_rate=0.5):
    """The loss, and the gradients that one step of plain descent moves the weights by."""
    sized, _ = fit_sizes(spec, DatasetInfo.of(dataset))
    model = build_model(sized, DatasetInfo.of(dataset))
    model.compile(plain_descent(learning_rate), cost_of(sized), jit_compile=False)
    before = model.get_weights()
    split = dataset.train.take(np.array(rows))
    reader = BatchReader.for_model(model, split, None, weights)
    (batch,) = reader.batches(lambda epoch: np.arange(len(rows)), 1, len(rows))
    loss, _ = TrainingStep(model, weighted=weights is not None)(*batch)
    return float(loss), [
        (old - new) / learning_rate for old, new in zip(before, model.get_weights(), strict=True)
    ]


@pytest.mark.usefixtures("float64")
def test_an_example_of_weight_two_counts_as_the_example_twice(tiny_spec, tiny_dataset):
    spec = tiny_spec("bow")
    loss, gradients = step_once(spec, tiny_dataset, [3, 8], np.array([2.0, 1.0]))
    expected_loss, expected = step_once(spec, tiny_dataset, [3, 3, 8], None)
    # A batch's cost is divided by its number of examples: here by 2, there by 3.
    assert loss == pytest.approx(1.5 * expected_loss, rel=1e-12)
    for ours, theirs in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(ours, 1.5 * theirs, rtol=1e-9, atol=1e-14)


def test_softmax_gradient_of_a_weighted_batch_by_hand(tiny_spec, tiny_dataset):
    spec, weights = tiny_spec("bow"), np.array([2.0, 0.25])
    _, gradients = step_once(spec, tiny_dataset, [3, 8], weights)
    info = DatasetInfo.of(tiny_dataset)
    model = build_model(fit_sizes(spec, info)[0], info)
    split = tiny_dataset.train.take(np.array([3, 8]))
    table, softmax = model.get_weights()
    summed = np.stack([np.sum([table[word - 1] for word in q if word], axis=0) for q in split.questions])
    logits = np.column_stack([summed, np.ones(2)]) @ softmax
    outputs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    errors = (outputs - np.eye(4)[split.answers]) * weights[:, None] / 2
    np.testing.assert_allclose(
        gradients[1], np.column_stack([summed, np.ones(2)]).T @ errors, rtol=1e-3, atol=1e-5
    )


def test_examples_of_weight_zero_might_as_well_have_any_answer(trainer, tiny_dataset):
    weights = np.array([1.0, 0.0] * 7)
    answers = np.where(weights == 0, (tiny_dataset.train.answers + 1) % 4, tiny_dataset.train.answers)
    other = replace(tiny_dataset, train=replace(tiny_dataset.train, answers=answers.astype(np.int32)))
    for train_round in (lambda run: run.train_round_one(), lambda run: run.train_round_two(0.0)):
        first = train_round(trainer(weights, np.ones(6)))
        second = train_round(trainer(weights, np.ones(6), dataset=other))
        assert [row[0] for row in figures(first)] == [row[0] for row in figures(second)]
        for ours, theirs in zip(
            first.training.model.get_weights(), second.training.model.get_weights(), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)


def test_weights_of_held_out_examples_stay_with_them(trainer, tiny_dataset):
    dataset = replace(tiny_dataset, valid=None)
    weights = 1 + np.arange(14)
    round_ = trainer(weights, dataset=dataset, heldOutRatio=0.3).train_round_one()
    by_example = {
        (int(image), *question.tolist()): weight
        for image, question, weight in zip(
            dataset.train.image_ids, dataset.train.questions, weights, strict=True
        )
    }
    assert len(by_example) == 14
    for split, count in ((round_.training.train.split, 10), (round_.training.validation.split, 4)):
        assert len(split) == count
        for image, question, weight in zip(split.image_ids, split.questions, split.weights, strict=True):
            assert by_example[(int(image), *question.tolist())] == weight


def test_validation_loss_is_weighted_and_the_rate_is_not(trainer, tiny_dataset):
    weights = np.array([0.0, 1, 2, 3, 0, 5])
    round_ = trainer(np.ones(14), weights, numEpoch=1).train_round_one()
    outputs = Predictor(round_.training.model).predict(round_.training.validation)
    answers = tiny_dataset.valid.answers
    costs = -np.log(outputs[np.arange(6), answers] + 1e-8)
    (record,) = round_.records
    assert record.validation_loss == pytest.approx(np.mean(weights * costs), rel=1e-5)
    assert record.validation_rate == rate(outputs, answers)


def test_training_rate_does_not_depend_on_the_weights_of_its_own_epoch(trainer):
    config = {"numEpoch": 1, "batchSize": 14}
    (plain,) = trainer(**config).train_round_one().records
    (doubled,) = trainer(2 * np.ones(14), np.ones(6), **config).train_round_one().records
    assert doubled.training_rate == plain.training_rate
    assert doubled.training_loss == pytest.approx(2 * plain.training_loss, rel=1e-6)


def test_run_json_and_a_line_tell_where_the_weights_came_from(trainer):
    weighted = trainer(np.ones(14), np.ones(6), numEpoch=1)
    for run, expected in ((weighted, str(weighted.example_weights)), (trainer(numEpoch=1), None)):
        folder = run.train_round_one().folder
        assert json.loads((folder.path / "run.json").read_text())["example_weights"] == expected
    files = [f"{weighted.example_weights}-{part}.npy" for part in ("train", "valid")]
    assert f"Examples count in the cost by the weights of {', '.join(files)}" in weighted.reporter.lines


def test_a_weighted_step_is_compiled_once(tiny_spec, tiny_dataset):
    info = DatasetInfo.of(tiny_dataset)
    sized, _ = fit_sizes(tiny_spec("bow"), info)
    model = build_model(sized, info)
    model.compile(plain_descent(0.1), cost_of(sized), jit_compile=False)
    step = TrainingStep(model, weighted=True)
    reader = BatchReader.for_model(model, tiny_dataset.train, None, np.ones(14))
    for batch in reader.batches(lambda epoch: np.arange(14), 1, 4):
        loss, right = step(*batch)
        assert loss.dtype == tf.float32
        assert 0 <= int(right) <= 4
    assert step._compiled.experimental_get_tracing_count() == 1
