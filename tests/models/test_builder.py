"""From model files to Keras models."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import yaml
from described import a_map

from cocoqa_keras.errors import InputError
from cocoqa_keras.layers import TakeRows
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.models.stage_weights import stage_matrix
from cocoqa_keras.models.zoo import list_models
from cocoqa_keras.spec import STAGE_TYPES, load_spec

GOLDEN_STAGES = [
    "active_relu",
    "active_sigmoid",
    "active_tanh",
    "componentProd",
    "concat_axis1",
    "concat_axis2",
    "constValue",
    "constWeights",
    "conv1d",
    "cosSimilarity",
    "elemProd",
    "innerProd",
    "lstm_all",
    "lstm_last",
    "lstm_multiErr",
    "lstm_nocut",
    "lstm_old_all",
    "lstm_old_last",
    "lut",
    "map_biasInitConst",
    "map_identity",
    "map_nobias",
    "map_positive",
    "map_relu",
    "map_sigmoid",
    "map_softmax",
    "map_tanh",
    "maxpool1d",
    "maxpool1d_pad",
    "meanpool1d",
    "normalize",
    "ordinal",
    "recurrent_lstm",
    "recurrent_rnn",
    "reshape",
    "selector_axis1",
    "selector_axis2",
    "selector_last",
    "sequential",
    "sum",
    "sum2",
    "sumProd2",
    "sumProd3",
    "timeFinal",
    "timeFold",
    "timeRepeat",
    "timeReverse",
    "timeUnfold",
]


def test_every_golden_graph_of_known_types_is_in_the_list(stages):
    known = {
        path.name.removesuffix(".model.yml")
        for path in (stages / "specs").glob("*.yml")
        if {stage["type"] for stage in yaml.safe_load(path.read_text())["specs"]} <= set(STAGE_TYPES)
    }
    assert known == set(GOLDEN_STAGES)


def gradients_of(model, batch, trained, output_gradient):
    """Gradients in the batch, and in the weights of each trained stage, for one sent in at the output."""
    weights = {stage: [w.value for w in model.get_layer(stage).trainable_variables] for stage in trained}
    with tf.GradientTape() as tape:
        tape.watch(batch)
        outputs = model(batch)
    return tape.gradient(outputs, (batch, weights), output_gradient)


@pytest.mark.parametrize("name", GOLDEN_STAGES)
def test_a_stage_computes_what_the_2015_program_does(stages, floatx, name):
    figures = np.load(stages / "stages.npz")
    batch, output_gradient = figures[f"{name}/X"], figures[f"{name}/dEdY"]
    spec = load_spec(stages / "specs" / f"{name}.model.yml")
    model = build_model(spec, input_shape=batch.shape[1:])
    trained = [stage.name for stage in spec.stages if f"{name}/W/{stage.name}" in figures]
    for stage in trained:
        expected = figures[f"{name}/W/{stage}"].astype(floatx)
        np.testing.assert_array_equal(stage_matrix(model.get_layer(stage)), expected)

    batch = tf.constant(batch, floatx)
    output_gradient = tf.constant(output_gradient, floatx)
    outputs = model(batch)
    batch_gradient, gradients = gradients_of(model, batch, trained, output_gradient)
    relative, absolute = {"float32": (1e-5, 1e-6), "float64": (0, 1e-12)}[floatx]

    def assert_close(actual, expected):
        tolerance = absolute + relative * np.abs(expected).max()
        np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance)

    assert_close(outputs, figures[f"{name}/Y"])
    if f"{name}/dEdX" in figures:
        assert_close(batch_gradient, figures[f"{name}/dEdX"])
    for stage in trained:
        parts = [tf.convert_to_tensor(gradient) for gradient in gradients[stage]]
        whole = np.concatenate(parts) if len(parts) > 1 else parts[0]
        expected = figures[f"{name}/dEdW/{stage}"]
        if name != "lstm_old_last":  # the 2015 program gives none for it
            assert_close(whole, expected)


@pytest.fixture(scope="module")
def info(tiny_dataset, tiny_features):
    return DatasetInfo.of(tiny_dataset, tiny_features)


@pytest.mark.parametrize("name", list_models())
def test_inputs_are_the_question_and_the_features_of_the_image(tiny_spec, info, name):
    model = build_model(tiny_spec(name), info)
    inputs = {key: (tuple(tensor.shape), tensor.dtype) for key, tensor in model.input.items()}
    expected = {"question": ((None, None), "int32"), "image": ((None, 10), "float32")}
    assert inputs == {key: value for key, value in expected.items() if key in inputs}
    assert ("question" in inputs) == (name != "img")
    assert ("image" in inputs) == (name not in ("bow", "lstm"))
    assert model.output.shape == (None, 4)


@pytest.mark.parametrize("name", list_models())
def test_layers_are_named_after_the_stages(tiny_spec, info, name):
    spec = tiny_spec(name)
    model = build_model(spec, info)
    is_plumbing = keras.layers.InputLayer | TakeRows
    names = {layer.name for layer in model.layers if not isinstance(layer, is_plumbing)}
    stage_names = {stage.name for stage in spec.stages}
    # What prepares the inputs of a stage has its name and a suffix.
    assert {layer if layer in stage_names else layer.rpartition("_")[0] for layer in names} <= stage_names
    assert {stage.name for stage in spec.stages if hasattr(stage, "learning_rate")} - names <= {"imgFeat"}
    assert spec.outputs[0] in names


def test_seeds_decide_the_initial_weights(tiny_spec, info):
    spec = tiny_spec("img_bow")
    first, again, other = (build_model(s, info) for s in (spec, spec, spec.shift_seeds(1)))
    for weight, same, different in zip(first.weights, again.weights, other.weights, strict=True):
        np.testing.assert_array_equal(weight, same)
        assert not np.array_equal(weight, different)


def model_file(tmp_path, *stages, outputs=None, cost="mse"):
    """A spec of stages, each a dictionary of fields."""
    content = {
        "name": "small",
        "costFn": cost,
        "stages": [stage["name"] for stage in stages],
        "outputs": outputs or stages[-1]["name"],
        "specs": list(stages),
    }
    path = tmp_path / "small.model.yml"
    path.write_text(yaml.safe_dump(content))
    return load_spec(path)


LSTM = {"name": "lstm", "type": "lstm", "inputs": "input", "inputDim": 5, "outputDim": 2, "timespan": 3}


def test_an_input_shape_is_needed_where_the_batch_is_read_whole(tmp_path):
    spec = model_file(tmp_path, a_map())
    with pytest.raises(InputError, match=r"small\.model\.yml: .*input_shape"):
        build_model(spec)
    assert build_model(spec, input_shape=(3,)).output.shape == (None, 2)


def test_a_slice_of_the_batch_that_is_no_word_is_a_slice(tmp_path):
    """Only what tables look up are ids."""
    select = {"name": "part", "type": "selector", "inputs": "input", "start": 1, "end": 3, "axis": 1}
    model = build_model(model_file(tmp_path, select, a_map(inputs="part")), input_shape=(4, 3))
    batch = np.random.RandomState(0).standard_normal((2, 4, 3)).astype("float32")
    kernel = model.get_layer("map").kernel.numpy()
    np.testing.assert_allclose(model(batch), np.tanh(batch[:, 1:3] @ kernel[:3] + kernel[3]), rtol=1e-5)


MISFITS = {
    "an LSTM of another width": ([LSTM], "lstm"),
    "parts of different lengths": (
        [a_map(), {"name": "both", "type": "concat", "inputs": "input, map", "axis": 1}],
        "both",
    ),
    "inputs of different lengths": ([a_map(), a_map("second", "half, map")], "second"),
}
HALF = {"name": "half", "type": "selector", "inputs": "input", "start": 0, "end": 2, "axis": 1}


@pytest.mark.parametrize("what", MISFITS)
def test_shapes_that_do_not_fit_name_the_stage(tmp_path, what):
    stages, culprit = MISFITS[what]
    spec = model_file(tmp_path, HALF, *stages)
    with pytest.raises(InputError, match=rf"small\.model\.yml: stage '{culprit}'") as caught:
        build_model(spec, input_shape=(3, 4))
    assert "\n" not in str(caught.value)


def test_tables_of_images_of_different_widths_are_refused(tmp_path):
    select = {"name": "id", "type": "selector", "inputs": "input", "start": 0, "end": 1, "axis": 1}
    table = {"type": "lut", "inputs": "id", "inputDim": 3}
    narrow, wide = ({**table, "name": f"table{width}", "outputDim": width} for width in (5, 6))
    with pytest.raises(InputError, match=r"small\.model\.yml: .*table"):
        build_model(model_file(tmp_path, select, narrow, wide, a_map("map", "table5, table6")))


def test_a_stage_that_keeps_gradients_back_lets_none_through(tmp_path):
    for flows in (True, False):
        spec = model_file(tmp_path, a_map("first"), a_map("second", "first", outputdEdX=flows))
        model = build_model(spec, input_shape=(3,))
        with tf.GradientTape() as tape:
            outputs = model(np.ones((4, 3), "float32"))
        first, second = tape.gradient(outputs, [model.get_layer(n).kernel.value for n in ("first", "second")])
        assert (first is not None) == flows
        assert second is not None


def test_a_learning_rate_of_zero_freezes_a_stage(tmp_path):
    spec = model_file(tmp_path, a_map("first"), a_map("second", "first", learningRate=0.1))
    model = build_model(spec, input_shape=(3,))
    assert [weight.path for weight in model.trainable_variables] == ["second/kernel"]


def test_several_outputs_are_joined(tmp_path):
    spec = model_file(tmp_path, a_map("first"), a_map("second", "first"), outputs="second, first")
    model = build_model(spec, input_shape=(3,))
    batch = np.ones((4, 3), "float32")
    parts = keras.Model(model.input, [model.get_layer(name).output for name in ("second", "first")])(batch)
    np.testing.assert_array_equal(model(batch), np.concatenate(parts, axis=1))


@pytest.mark.parametrize("name", ["a.b", "a-b", "2nd", "outputs", "map_inputs", "small", "CON"])
def test_any_name_that_a_model_file_may_have_can_be_built_saved_and_joined(tmp_path, name):
    spec = model_file(tmp_path, a_map(name), a_map("map", f"{name}, input"), outputs=f"map, {name}")
    model = build_model(spec, input_shape=(3,))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    batch = np.ones((4, 3), "float32")
    np.testing.assert_array_equal(again(batch), model(batch))
    assert model.get_layer(name).kernel.shape == (4, 2)


FILES = {
    "plain": lambda path, matrix: np.savetxt(path, matrix),
    "numpy": lambda path, matrix: np.save(path.with_suffix(".npy"), matrix),
}


@pytest.mark.parametrize("file_format", FILES)
def test_weights_are_read_from_a_file_beside_the_model_file(tmp_path, file_format):
    matrix = np.arange(8.0).reshape(4, 2)
    path = tmp_path / "weights.npy"
    FILES[file_format](path, matrix)
    spec = model_file(tmp_path, a_map(initWeights="weights.npy", format=file_format))
    model = build_model(spec, input_shape=(3,))
    np.testing.assert_array_equal(model.get_layer("map").kernel, matrix)
    with pytest.raises(InputError, match=r"weights\.npy.*stage 'map' has weights of shape \(5, 2\)"):
        build_model(spec, input_shape=(4,))
    path.unlink()
    with pytest.raises(InputError, match=r"weights\.npy"):
        build_model(spec, input_shape=(3,))


def test_statistics_of_another_width_name_the_file_and_the_stage(tmp_path):
    for name in ("mean", "std"):
        np.save(tmp_path / f"{name}.npy", np.ones(4))
    norm = {"name": "norm", "type": "normalize", "inputs": "input", "mean": "mean.npy", "std": "std.npy"}
    spec = model_file(tmp_path, norm)
    with pytest.raises(InputError, match=r"mean\.npy: stage 'norm' needs 3 numbers, found 4"):
        build_model(spec, input_shape=(3,))
    assert build_model(spec, input_shape=(4,)).output.shape == (None, 4)


def test_a_stage_called_as_a_layer_that_prepares_inputs_is_refused_in_one_line(tmp_path):
    keras.backend.clear_session()  # such layers are numbered through the process
    joined = {"name": "it", "type": "active", "inputs": "concatenate, input", "activeFn": "tanh"}
    spec = model_file(tmp_path, a_map("concatenate"), joined)
    with pytest.raises(InputError, match=r'small\.model\.yml: .*"concatenate".*another one') as caught:
        build_model(spec, input_shape=(3,))
    assert "\n" not in str(caught.value)


WORDS = {"name": "words", "type": "selector", "inputs": "input", "start": 1, "end": 9, "axis": 1}
UNFOLDED = {"name": "unfolded", "type": "timeUnfold", "inputs": "words"}
VECTORS = {"name": "vectors", "type": "lut", "inputs": "unfolded", "inputDim": 9, "outputDim": 4}
BETWEEN = {
    "a part of the vectors": [
        {"name": "it", "type": "selector", "inputs": "vectors", "start": 0, "end": 2, "axis": 1}
    ],
    "another value first": [
        {"name": "one", "type": "constValue", "inputs": "vectors", "value": 1, "outputDim": 2},
        {"name": "it", "type": "concat", "inputs": "one, vectors", "axis": 1},
    ],
    "a value joined": [
        {"name": "one", "type": "constValue", "inputs": "vectors", "value": 1, "outputDim": 2},
        a_map("it", "one, vectors", bias=False),
    ],
}


@pytest.mark.parametrize("what", BETWEEN)
def test_words_go_back_to_their_questions_whatever_is_between(tmp_path, what):
    """Questions are as long as the longest of their batch, not as the timespan."""
    fold = {"name": "folded", "type": "timeFold", "inputs": "it", "timespan": 8}
    total = {"name": "total", "type": "sum2", "inputs": "folded"}
    model = build_model(model_file(tmp_path, WORDS, UNFOLDED, VECTORS, *BETWEEN[what], fold, total))
    questions = np.random.RandomState(0).randint(1, 10, (4, 4)).astype("int32")
    together = model({"question": questions}).numpy()
    assert len(together) == 4
    alone = [model({"question": questions[row : row + 1]})[0] for row in range(4)]
    np.testing.assert_allclose(together, alone, rtol=1e-6)


def test_words_that_cannot_go_back_to_their_questions_are_refused(tmp_path):
    lost = {"name": "it", "type": "reshape", "inputs": "vectors", "reshapeFn": "(x[0], x[1])"}
    fold = {"name": "folded", "type": "timeFold", "inputs": "it", "timespan": 8}
    with pytest.raises(InputError, match=r"stage 'folded' .*which steps belong to which question"):
        build_model(model_file(tmp_path, WORDS, UNFOLDED, VECTORS, lost, fold))
