"""The stages `lstm` and `lstm_old` in every combination of their fields."""

from itertools import product

import numpy as np
import pytest
import tensorflow as tf
import yaml

from cocoqa_keras.errors import InputError
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.stage_weights import assign_stage_matrix, stage_matrix
from cocoqa_keras.spec import load_spec
from cocoqa_keras.training.optimizer import StageSettings, StagewiseSGD

pytestmark = pytest.mark.usefixtures("float64")
TIMESPAN, WIDTH, UNITS = 5, 3, 2
LENGTHS = [2, 0, 4, 3]  # the longest is shorter than the timespan


@pytest.fixture
def build(tmp_path):
    """Builds a model of one stage; other fields than the defaults here are given."""

    def build_stage(kind, input_shape=(None, WIDTH), **fields):
        stage = {"name": "it", "type": kind, "inputs": "input", "inputDim": WIDTH, "outputDim": UNITS}
        if kind == "lstm":
            stage["timespan"] = TIMESPAN
        content = {"name": "one", "costFn": "mse", "stages": ["it"], "outputs": "it"}
        path = tmp_path / "one.model.yml"
        path.write_text(yaml.safe_dump({**content, "specs": [{**stage, "initSeed": 3, **fields}]}))
        return build_model(load_spec(path), input_shape=input_shape)

    return build_stage


def sequences_of(lengths=LENGTHS, timespan=TIMESPAN):
    sequences = np.random.RandomState(1).standard_normal((len(lengths), timespan, WIDTH))
    sequences[np.arange(timespan) >= np.array(lengths)[:, None]] = 0
    return sequences


def run(model, batch, output_gradient=None, training=False):
    """Outputs, and the gradients of sum(outputs * output_gradient) in the batch and the weights."""
    batch = tf.constant(batch)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        outputs = model(batch, training=training)
    if output_gradient is None:
        output_gradient = np.random.RandomState(2).standard_normal(outputs.shape)
    weights = [weight.value for weight in model.trainable_variables]
    d_batch, *d_weights = tape.gradient(outputs, [batch, *weights], output_gradient)
    return outputs.numpy(), d_batch.numpy(), np.concatenate([d.numpy() for d in d_weights])


def assert_close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("timespan", [4, 7])
def test_gradients_past_the_end_flow_as_if_all_ran_to_the_end_of_the_longest(build, training, timespan):
    """So the original: whatever the padding, nothing runs past the longest sequence of the batch."""
    model = build("lstm", multiOutput=True, learningRate=1)
    uncut = build("lstm", multiOutput=True, learningRate=1, cutOffZeroEnd=False)
    sequences = sequences_of(timespan=timespan)
    gradient = np.random.RandomState(3).standard_normal((4, timespan, UNITS))
    longest = max(LENGTHS)
    outputs, d_batch, d_weights = run(model, sequences, gradient, training)
    run_on, d_run_on, d_weights_run_on = run(uncut, sequences[:, :longest], gradient[:, :longest], training)
    is_real = np.arange(longest) < np.array(LENGTHS)[:, None]
    assert_close(outputs[:, :longest], run_on * is_real[:, :, None])
    assert_close(d_batch[:, :longest], d_run_on)
    assert np.abs(d_run_on[~is_real]).min() > 0
    assert_close(d_weights, d_weights_run_on)
    assert not outputs[:, longest:].any()
    assert not d_batch[:, longest:].any()


def test_empty_sequences_alone_give_zeros_and_no_gradient(build):
    model = build("lstm", multiOutput=True, learningRate=1)
    for array in run(model, np.zeros((3, TIMESPAN, WIDTH)), np.ones((3, TIMESPAN, UNITS))):
        assert not array.any()
    assert model(np.zeros((0, TIMESPAN, WIDTH))).shape == (0, TIMESPAN, UNITS)


@pytest.mark.parametrize("name", ["multiOutput", "multiErr"])
@pytest.mark.parametrize(("multi_output", "cut"), list(product([False, True], repeat=2)))
def test_a_single_input_is_the_first_step_and_zeros_follow(build, name, multi_output, cut):
    fields = {name: multi_output, "learningRate": 1}
    model = build("lstm", (WIDTH,), multiInput=False, cutOffZeroEnd=cut, **fields)
    whole = build("lstm", cutOffZeroEnd=False, **fields)
    assert model.output_shape == ((None, TIMESPAN, UNITS) if multi_output else (None, UNITS))
    step = np.random.RandomState(1).standard_normal((4, WIDTH))
    step[2] = 0  # ends no sequence, so it has a gradient
    sequences = np.pad(step[:, None], [(0, 0), (0, TIMESPAN - 1), (0, 0)])
    outputs, d_step, d_weights = run(model, step)
    expected, d_sequences, d_expected = run(whole, sequences)
    assert_close(outputs, expected)
    assert_close(d_step, d_sequences[:, 0])
    assert_close(d_weights, d_expected)
    assert np.abs(d_step).min() > 0


def pair(build, multi_output, cut):
    """An `lstm_old`, and the `lstm` of its weights."""
    old = build("lstm_old", multiErr=multi_output, cutOffZeroEnd=cut, learningRate=1)
    new = build("lstm", multiErr=multi_output, cutOffZeroEnd=cut, learningRate=1)
    assign_stage_matrix(new.get_layer("it"), stage_matrix(old.get_layer("it")).T, "test")
    return old, new


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("multi_output", "cut"), [(False, False), (False, True), (True, False)])
def test_the_old_lstm_computes_what_the_lstm_of_the_transposed_weights_does(
    build, training, multi_output, cut
):
    old, new = pair(build, multi_output, cut)
    outputs, d_batch, d_matrix = run(old, sequences_of(), training=training)
    expected, d_expected, d_weights = run(new, sequences_of(), training=training)
    assert_close(outputs, expected)
    assert_close(d_batch, d_expected)
    assert_close(d_matrix, d_weights.T)


@pytest.mark.parametrize("training", [False, True])
def test_the_old_lstm_of_all_steps_repeats_the_last_real_one(build, training):
    old, new = pair(build, multi_output=True, cut=True)
    assert old.output_shape == (None, None, UNITS)
    outputs = old(sequences_of()).numpy()
    assert_close(outputs[:, :-1], new(sequences_of()))
    last = [outputs[n, length - 1] if length else np.zeros(UNITS) for n, length in enumerate(LENGTHS)]
    assert_close(outputs[:, -1], last)

    gradient = np.random.RandomState(3).standard_normal(outputs.shape)
    folded, padding = gradient[:, :-1].copy(), np.arange(TIMESPAN) >= np.array(LENGTHS)[:, None]
    for n, length in enumerate(LENGTHS):
        folded[n, max(length - 1, 0)] += gradient[n, -1]
    folded[padding] = 0  # what comes in past the end is lost here
    _, d_batch, d_matrix = run(old, sequences_of(), gradient, training)
    _, d_expected, d_weights = run(new, sequences_of(), folded, training)
    assert_close(d_batch, d_expected)
    assert_close(d_matrix, d_weights.T)


def test_the_old_lstm_of_a_known_length_tells_its_shape(build):
    assert build("lstm_old", (TIMESPAN, WIDTH), multiErr=True, cutOffZeroEnd=True).output_shape == (
        None,
        TIMESPAN + 1,
        UNITS,
    )


@pytest.mark.parametrize("kind", ["lstm", "lstm_old"])
def test_the_old_lstm_is_clipped_as_one_matrix_and_the_other_gate_by_gate(build, kind):
    fields = {"multiErr": False, "cutOffZeroEnd": True, "learningRate": 1, "gradientClip": 1e-3}
    model = build(kind, **fields)
    before = [weight.numpy() for weight in model.trainable_variables]
    optimizer = StagewiseSGD([StageSettings("it", learning_rate=1, gradient_clip=1e-3)])
    optimizer.apply([tf.ones_like(weight) for weight in before], model.trainable_variables)
    moved = [np.linalg.norm(w - b) for w, b in zip(model.trainable_variables, before, strict=True)]
    np.testing.assert_allclose(moved, [1e-3] * (1 if kind == "lstm_old" else 4))


@pytest.mark.parametrize(
    ("kind", "shape", "fields", "reason"),
    [
        ("lstm", (WIDTH,), {}, "expected sequences"),
        ("lstm", (None, WIDTH), {"multiInput": False}, "with multiInput false the input has 2 axes"),
        ("lstm", (WIDTH + 1,), {"multiInput": False}, "inputDim is 3"),
        ("lstm_old", (None, 7), {"multiErr": True, "cutOffZeroEnd": True}, "inputDim is 3"),
        ("lstm_old", (WIDTH,), {"multiErr": True, "cutOffZeroEnd": True}, "expected sequences"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_in_one_line(build, kind, shape, fields, reason):
    with pytest.raises(InputError, match=reason) as caught:
        build(kind, shape, **fields)
    assert "\n" not in str(caught.value)
