"""Models in operations that other runtimes know: they compute the same."""

import keras
import numpy as np
import pytest
from exit_harness import MODELS, RECURRENT_GRAPHS, assert_same_probabilities, make_inputs, make_model

from cocoqa_keras.errors import InputError
from cocoqa_keras.export.portable import portable_function
from cocoqa_keras.training.costs import cost_of
from cocoqa_keras.training.optimizer import StagewiseSGD


def runner(function):
    return lambda inputs: function(*inputs.values())["probabilities"].numpy()


@pytest.mark.parametrize("name", MODELS)
def test_every_model_gives_the_same_probabilities(name, tiny_spec, tmp_path):
    model = make_model(name, tiny_spec, tmp_path)
    assert_same_probabilities(model, runner(portable_function(model)))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", ["img_bow", "2_vis_blstm"])
def test_a_model_in_double_precision_leaves_in_single(name, tiny_spec, tmp_path):
    model = make_model(name, tiny_spec, tmp_path)
    assert_same_probabilities(model, runner(portable_function(model)))


@pytest.fixture
def trained(tiny_spec, tmp_path):
    """A model in training: rows of its words are still to move, and it drops."""
    spec = tiny_spec("vis_lstm", {"txtDict.weightClip": "0"})
    model = make_model("vis_lstm", tiny_spec, tmp_path)
    model.compile(StagewiseSGD.from_spec(spec), cost_of(spec), jit_compile=False)
    for lengths in ([6, 4], [1, 1]):
        train(model, lengths)
    return model


def train(model, lengths):
    inputs = make_inputs(model, lengths)
    model.train_on_batch(inputs, np.arange(len(lengths)) % 4)


def test_a_model_in_training_leaves_as_it_is_now(trained):
    function = portable_function(trained)
    assert_same_probabilities(trained, runner(function))


def test_training_goes_on_and_the_function_stays(trained):
    inputs = make_inputs(trained, [4, 6])
    function = portable_function(trained)
    before = runner(function)(inputs)
    train(trained, [6, 6])
    assert np.abs(trained(inputs, training=False) - before).max() > 1e-4
    np.testing.assert_array_equal(runner(function)(inputs), before)


def test_nothing_is_left_that_other_runtimes_do_not_know(tiny_spec, tmp_path):
    foreign = ("TensorList", "SegmentSum", "Cumprod", "PyFunc")
    for name in set(MODELS) - set(RECURRENT_GRAPHS):
        graph = portable_function(make_model(name, tiny_spec, tmp_path)).get_concrete_function().graph
        definition = graph.as_graph_def()
        functions = [node for function in definition.library.function for node in function.node_def]
        kinds = {node.op for node in (*definition.node, *functions)}
        assert not [kind for kind in kinds if any(part in kind for part in foreign)]


def test_a_model_that_reads_its_batch_in_another_way_is_refused():
    batch = keras.Input((3,), name="input")
    model = keras.Model(batch, keras.layers.Dense(2)(batch))
    with pytest.raises(InputError, match="only a model that slices 'input'"):
        portable_function(model)
