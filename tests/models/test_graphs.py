"""Stages made of stages: chains, and graphs that are computed at every step of a sequence."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import yaml

from cocoqa_keras.data.formats import read_weights, write_weights
from cocoqa_keras.errors import InputError
from cocoqa_keras.export.portable import portable_function
from cocoqa_keras.export.weight_layout import assign_weights, weights_of
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.stage_weights import layers_by_name, stage_matrix
from cocoqa_keras.spec import load_spec
from cocoqa_keras.training.costs import cost_of
from cocoqa_keras.training.optimizer import StagewiseSGD

GOLDEN_GRAPHS = ["sequential", "recurrent_rnn", "recurrent_lstm"]


@pytest.mark.parametrize("name", GOLDEN_GRAPHS)
def test_stages_inside_a_graph_have_the_weights_and_gradients_of_the_2015_program(stages, floatx, name):
    # One of the matrices is kept as numbers of Python.
    figures = np.load(stages / "stages.npz", allow_pickle=True)
    spec = load_spec(stages / "specs" / f"{name}.model.yml")
    if spec[name].type == "recurrent" and spec[name].multi_output:
        # Gradients past the end: see test_builder.
        spec = load_spec(spec.path, {f"{name}.cutOffZeroEnd": "false"})
    batch = tf.constant(figures[f"{name}/X"], floatx)
    model = build_model(spec, input_shape=batch.shape[1:])
    layers = layers_by_name(model)
    trained = {k: s for k, s in enumerate(spec[name].stages) if f"{name}/W/{name}.{k}" in figures}
    assert trained
    with tf.GradientTape(persistent=True) as tape:
        outputs = model(batch)
        objective = tf.reduce_sum(outputs * tf.constant(figures[f"{name}/dEdY"], floatx))
    relative, absolute = {"float32": (1e-5, 1e-6), "float64": (0, 1e-12)}[floatx]
    for position, stage in trained.items():
        expected = figures[f"{name}/W/{name}.{position}"].astype(floatx)
        np.testing.assert_array_equal(stage_matrix(layers[stage]), expected)
        gradient = tape.gradient(objective, layers[stage].kernel.value)
        expected = figures[f"{name}/dEdW/{name}.{position}"]
        np.testing.assert_allclose(gradient, expected, 0, absolute + relative * np.abs(expected).max())


def a_map(name, inputs, **fields):
    return {"name": name, "type": "map", "inputs": inputs, "outputDim": 2, "activeFn": "tanh", **fields}


def a_step(name, inputs, **fields):
    return a_map(name, inputs, recurrent=True, **fields)


def a_graph(*stages, **fields):
    graph = {"name": "graph", "type": "recurrent", "inputs": "input", "inputDim": 3, "outputDim": 2}
    names = [stage["name"] for stage in stages]
    return {**graph, "timespan": 5, "stages": names, "outputs": names[-1], **fields}


@pytest.fixture
def spec_of(tmp_path):
    """A spec of one stage, the others described beside it."""

    def spec_of(stage, *described):
        path = tmp_path / "graph.model.yml"
        content = {"name": "graphs", "costFn": "mse", "stages": [stage["name"]], "outputs": stage["name"]}
        path.write_text(yaml.safe_dump({**content, "specs": [*described, stage]}))
        return load_spec(path)

    return spec_of


@pytest.fixture
def sequences():
    """Four sequences of up to 5 steps, 3 wide: whole, cut, empty, and with a real step past the end."""
    steps = np.random.RandomState(0).standard_normal((4, 5, 3))
    steps[1, 3:] = steps[2] = steps[3, 1] = 0
    return steps


LENGTHS = (5, 3, 0, 1)


def unrolled(advance, sequences):
    """Outputs of every step before the end, zeros after, by hand."""
    outputs = np.zeros((4, 5, 2))
    for row, length in enumerate(LENGTHS):
        before = []
        for t in range(length):
            before.append(advance(sequences[row], t, before))
            outputs[row, t] = before[t]
    return outputs


def affine(model, stage, *parts):
    kernel = layers_by_name(model)[stage].kernel.numpy()
    return np.tanh(np.concatenate([*parts, [1]]) @ kernel)


def value(before, step):
    return before[step] if 0 <= step < len(before) else np.full(2, 0.25)


REFERENCES = {
    "h(-1)": lambda steps, t, before: value(before, t - 1),
    "h(-3)": lambda steps, t, before: value(before, t - 3),
    "h($1)": lambda steps, t, before: value(before, 1),
    "input($2)": lambda steps, t, before: steps[2],
    "input(-2)": lambda steps, t, before: steps[t - 2] if t >= 2 else np.zeros(3),
}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("reference", REFERENCES)
def test_a_stage_reads_values_of_other_steps(spec_of, sequences, reference):
    step = a_step("h", f"input(0), {reference}", defaultValue=0.25)
    model = build_model(spec_of(a_graph(step, multiOutput=True), step), input_shape=(None, 3))

    def advance(steps, t, before):
        return affine(model, "h", steps[t], REFERENCES[reference](steps, t, before))

    np.testing.assert_allclose(model(sequences), unrolled(advance, sequences), atol=1e-14)


@pytest.mark.usefixtures("float64")
def test_a_numbered_step_of_a_stage_computed_before_is_known_in_that_step(spec_of, sequences):
    steps = [a_step("g", "input(0)", initSeed=1), a_step("h", "g($1)")]
    model = build_model(spec_of(a_graph(*steps, multiOutput=True), *steps), input_shape=(None, 3))

    def advance(inputs, t, before):
        return affine(model, "h", affine(model, "g", inputs[1]) if t >= 1 else np.zeros(2))

    np.testing.assert_allclose(model(sequences), unrolled(advance, sequences), atol=1e-14)


@pytest.mark.usefixtures("float64")
def test_the_last_real_step_is_the_output_whatever_the_padding(spec_of, sequences):
    step = a_step("h", "input(0), h(-1)")
    every = build_model(spec_of(a_graph(step, multiOutput=True), step), input_shape=(None, 3))
    last = build_model(spec_of(a_graph(step), step), input_shape=(None, 3))
    steps = every(sequences).numpy()
    expected = [steps[row, length - 1] if length else np.zeros(2) for row, length in enumerate(LENGTHS)]
    np.testing.assert_allclose(last(sequences), expected, atol=1e-14)
    np.testing.assert_allclose(last(np.pad(sequences, [(0, 0), (0, 3), (0, 0)])), expected, atol=1e-14)


@pytest.mark.usefixtures("float64")
def test_a_single_input_enters_at_step_0(spec_of, sequences):
    step = a_step("h", "input(0), h(-1)")
    model = build_model(spec_of(a_graph(step, multiInput=False, multiOutput=True), step), input_shape=(3,))
    outputs = model(sequences[:, 0]).numpy()
    assert outputs.shape == (4, 5, 2)
    expected = affine(model, "h", sequences[0, 0], np.zeros(2))
    for t in range(5):
        np.testing.assert_allclose(outputs[0, t], expected, atol=1e-14)
        expected = affine(model, "h", np.zeros(3), expected)


@pytest.mark.usefixtures("float64")
def test_graphs_can_be_nested(spec_of, sequences):
    """A chain in a recurrent graph in a recurrent graph, for each step of which it runs two steps."""
    links = [a_map("a", "", initSeed=1), a_map("b", "", initSeed=2)]
    chain = {"name": "chain", "type": "sequential", "recurrent": True, "inputs": "input(0), chain(-1)"}
    chain |= {"stages": ["a", "b"], "outputDim": 2}
    inner = {**a_graph(chain, multiInput=False, timespan=2), "name": "inner", "recurrent": True}
    inner |= {"inputs": "input(0), inner(-1)", "inputDim": 5}
    spec = spec_of(a_graph(inner, multiOutput=True), *links, chain, inner)
    assert {stage.name for stage in spec.inner_stages} == {"inner", "chain", "a", "b"}
    model = build_model(spec, input_shape=(None, 3))

    def run_chain(*parts):
        return affine(model, "b", affine(model, "a", *parts))

    def advance(steps, t, before):
        first = run_chain(steps[t], before[-1] if before else np.zeros(2), np.zeros(2))
        return run_chain(np.zeros(5), first)

    np.testing.assert_allclose(model(sequences), unrolled(advance, sequences), atol=1e-14)


@pytest.fixture
def trained_graph(spec_of):
    """A recurrent graph of two maps, one of them frozen, with settings of their own."""
    steps = [
        a_step("g", "input($0), h(-2)", learningRate=0.5, gradientClip=0.01),
        a_step("h", "input(0), g(0), h(-1)", learningRate=0.1),
        a_step("frozen", "h(0)"),
    ]
    return spec_of(a_graph(*steps), *steps)


def test_a_graph_is_saved_exported_and_trained(trained_graph, sequences, tmp_path):
    model = build_model(trained_graph, input_shape=(None, 3))
    batch = sequences.astype("float32")
    optimizer = StagewiseSGD.from_spec(trained_graph)
    model.compile(optimizer, loss="mse", jit_compile=False)
    before = {name: layers_by_name(model)[name].kernel.numpy() for name in ("g", "h", "frozen")}
    model.train_on_batch(batch, np.ones((4, 2)))
    moved = {name: np.linalg.norm(layers_by_name(model)[name].kernel - old) for name, old in before.items()}
    assert moved["frozen"] == 0
    assert moved["g"] == pytest.approx(0.5 * 0.01, rel=1e-3)
    assert moved["h"] > 0
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(again(batch), model(batch))
    assert {w.path for w in again.trainable_variables} == {w.path for w in model.trainable_variables}
    again.train_on_batch(batch, np.ones((4, 2)))
    model.export(tmp_path / "saved_model", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "saved_model"))
    np.testing.assert_allclose(exported.serve(tf.constant(batch[:2, :3])), model(batch[:2, :3]), rtol=1e-6)


def test_the_graph_is_not_copied_for_each_step(trained_graph):
    models = [build_model(trained_graph, input_shape=(steps, 3)) for steps in (3, 300)]
    sizes = [
        len(tf.function(m).get_concrete_function(tf.zeros(m.input.shape[1:])[None]).graph.as_graph_def().node)
        for m in models
    ]
    assert sizes[0] == sizes[1]


def test_weights_of_a_graph_are_a_list_in_the_list(trained_graph, tmp_path):
    first, second = (
        build_model(s, input_shape=(None, 3)) for s in (trained_graph, trained_graph.shift_seeds(1))
    )
    entries = weights_of(trained_graph, first)
    assert [np.shape(entry) for entry in entries[0]] == [(6, 2), (8, 2), ()]
    write_weights(tmp_path / "graph.w.npy", entries)
    assign_weights(trained_graph, second, read_weights(tmp_path / "graph.w.npy"), "graph.w.npy")
    for name in ("g", "h"):
        matrices = [stage_matrix(layers_by_name(model)[name]) for model in (first, second)]
        np.testing.assert_array_equal(*matrices)
    for wrong in ([0], [[0, 0]], [[entries[0][0], 0, 0]], [[[0], entries[0][1], 0]]):
        with pytest.raises(InputError, match=r"graph\.w\.npy: .*stage") as caught:
            assign_weights(trained_graph, second, wrong, "graph.w.npy")
        assert "\n" not in str(caught.value)


def test_matrices_that_the_2015_program_joined_into_objects_are_read(tmp_path):
    matrices = np.arange(6.0).reshape(1, 3, 2)
    content = np.empty(1, object)
    content[0] = matrices.astype(object)
    np.save(tmp_path / "joined.w.npy", content, allow_pickle=True)
    ((read,),) = read_weights(tmp_path / "joined.w.npy")
    assert read.dtype == np.float64
    np.testing.assert_array_equal(read, matrices[0])


STEP = a_step("h", "input(0), h(-1)")
CHAIN = {"name": "chain", "type": "sequential", "inputs": "input", "stages": ["link"]}
WRONG = {
    "a stage that is not described": (a_graph(STEP, stages=["hh"]), [STEP], "no stage 'hh' is described"),
    "a stage of two places": (a_graph(STEP, stages=["h", "h"]), [STEP], "'h' is listed by stage 'graph'"),
    "itself": ({**CHAIN, "stages": ["chain"]}, [], "'chain' is listed by the model"),
    "no stage": ({**CHAIN, "stages": []}, [], "'stages'"),
    "a link with inputs": (CHAIN, [a_map("link", "input")], "should be empty"),
    "a stage out of time": (a_graph(STEP), [a_map("h", "input(0)")], "'recurrent': should be true"),
    "no inputs": (a_graph(STEP), [a_step("h", "")], "'inputs': empty"),
    "no step": (a_graph(STEP), [a_step("h", "input")], "write name(0)"),
    "a step to come": (a_graph(STEP), [a_step("h", "input(1)")], "still to come"),
    "a step below 0": (a_graph(STEP), [a_step("h", "input($-1)")], "numbered from 0"),
    "a step past the end": (a_graph(STEP), [a_step("h", "input($5)")], "'graph' has 5 steps"),
    "steps before the first": (a_graph(STEP), [a_step("h", "h(-6)")], "'graph' has 5 steps"),
    "a stage outside": (a_graph(STEP), [a_step("h", "graph(0)")], "no such stage in 'graph'"),
    "its own value": (a_graph(STEP), [a_step("h", "h(0)")], "'h' is computed later in a step"),
    "an output from outside": (a_graph(STEP, outputs="graph"), [STEP], "no stage 'graph' in 'stages'"),
    "no width": (
        a_graph({"name": "t"}),
        [{"name": "t", "type": "timeUnfold", "recurrent": True, "inputs": "t(-1)"}],
        "give it an outputDim",
    ),
    "a mask for each step": (
        a_graph({"name": "d"}),
        [{"name": "d", "type": "dropout", "recurrent": True, "inputs": "input(0)", "dropoutRate": 0.5}],
        "a mask is for all steps",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_graphs_that_make_no_sense_are_refused(spec_of, what):
    stage, described, expected = WRONG[what]
    with pytest.raises(InputError) as caught:
        spec_of(stage, *described)
    assert expected in str(caught.value)
    assert "graph.model.yml:" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({"inputDim": 4}, "inputDim is 4"), ({"outputDim": 7}, "outputDim of 'graph' is 7")],
)
def test_sizes_that_do_not_fit_name_the_stage(spec_of, fields, expected):
    spec = spec_of(a_graph(STEP, **fields), STEP)
    with pytest.raises(InputError, match=rf"stage 'graph' \(recurrent\).*{expected}"):
        build_model(spec, input_shape=(None, 3))


@pytest.mark.usefixtures("float64")
def test_the_lstm_written_out_as_a_graph_is_the_lstm(stages):
    """The published cell, stage by stage, computes what the stage `lstm` does, gradients too."""
    graph = build_model(load_spec(stages / "specs" / "recurrent_lstm.model.yml"), input_shape=(None, 7))
    single = build_model(load_spec(stages / "specs" / "lstm_last.model.yml"), input_shape=(None, 7))
    layers, lstm = layers_by_name(graph), single.get_layer("lstm_last")
    for gate, weight in zip("IFZO", lstm.weights, strict=True):
        weight.assign(layers[gate].kernel)
    batch = np.random.RandomState(1).standard_normal((4, 9, 7))
    batch[1, 4:] = batch[2] = 0
    results = []
    for model, weights in (
        (graph, [layers[gate].kernel.value for gate in "IFZO"]),
        (single, [w.value for w in lstm.weights]),
    ):
        with tf.GradientTape() as tape:
            outputs = model(batch, training=True)
            cost = tf.reduce_sum(outputs**2)
        results.append([outputs, *tape.gradient(cost, weights)])
    for ours, other in zip(*results, strict=True):
        np.testing.assert_allclose(ours, other, rtol=0, atol=1e-12)


GATES = {
    "I": ("input(0), H(-1), C(-1)", "sigmoid", 1.0),
    "F": ("input(0), H(-1), C(-1)", "sigmoid", 1.0),
    "Z": ("input(0), H(-1)", "tanh", 0.0),
    "O": ("input(0), H(-1), C(0)", "sigmoid", 1.0),
}


def written_out(spec, path):
    """VIS+LSTM with its stage `lstm` as a recurrent graph of gates, written to a file and read."""
    content, folder = yaml.safe_load(spec.text), spec.path.parent
    (lstm,) = (stage for stage in content["specs"] if stage["type"] == "lstm")
    width = lstm["outputDim"]
    own = ("initRange", "learningRate", "momentum", "gradientClip", "weightClip", "weightRegConst")
    settings = {key: lstm[key] for key in own if key in lstm}
    gates = [
        {"name": name, "type": "map", "inputs": inputs, "activeFn": activation, "outputDim": width}
        | {"biasInitConst": bias, "initSeed": lstm["initSeed"] + shift, "recurrent": True, **settings}
        for shift, (name, (inputs, activation, bias)) in enumerate(GATES.items())
    ]
    rest = [
        {"name": "FC", "type": "elemProd", "inputs": "F(0), C(-1)"},
        {"name": "IZ", "type": "elemProd", "inputs": "I(0), Z(0)"},
        {"name": "C", "type": "sum", "inputs": "FC(0), IZ(0)", "numComponents": 2, "outputDim": width},
        {"name": "U", "type": "active", "inputs": "C(0)", "activeFn": "tanh"},
        {"name": "H", "type": "elemProd", "inputs": "O(0), U(0)", "outputDim": width},
    ]
    graph = {key: lstm[key] for key in ("name", "inputs", "inputDim", "outputDim", "timespan")}
    graph |= {"type": "recurrent", "stages": ["I", "F", "Z", "FC", "IZ", "C", "O", "U", "H"], "outputs": "H"}
    others = [{**stage} for stage in content["specs"] if stage is not lstm]
    for stage in others:
        stage.update(
            {key: str(folder / stage[key]) for key in ("mean", "std", "initWeights") if key in stage}
        )
    inner = [*gates, *({**stage, "recurrent": True} for stage in rest)]
    path.write_text(yaml.safe_dump({**content, "specs": [*others, *inner, graph]}))
    return load_spec(path)


@pytest.mark.usefixtures("float64")
def test_vis_lstm_written_out_is_vis_lstm(mini, tmp_path):
    spec = load_spec(mini / "models" / "vis_lstm_mini.model.yml")
    graph_spec = written_out(spec, tmp_path / "written_out.model.yml")
    single, graph = build_model(spec), build_model(graph_spec)
    random = np.random.RandomState(0)
    batch = {"question": random.randint(0, 30, (6, 12)).astype("int32"), "image": random.rand(6, 64)}
    batch["question"][1, 4:] = 0
    targets = random.randint(0, 9, 6)
    # One step of training each: the same initial weights, dropout, gradients, clips and updates.
    for s, model in ((spec, single), (graph_spec, graph)):
        model.compile(StagewiseSGD.from_spec(s), loss=cost_of(s), jit_compile=False)
        model.train_on_batch(batch, targets)
    np.testing.assert_allclose(graph(batch), single(batch), rtol=0, atol=1e-12)
    (lstm,) = (stage.name for stage in spec.stages if stage.type == "lstm")
    gates = np.concatenate([stage_matrix(layers_by_name(graph)[gate]) for gate in GATES])
    np.testing.assert_allclose(gates, stage_matrix(single.get_layer(lstm)), rtol=0, atol=1e-12)


def test_a_trained_graph_is_portable(mini, tmp_path):
    published = load_spec(mini / "models" / "vis_lstm_mini.model.yml")
    spec = written_out(published, tmp_path / "written_out.model.yml")
    model, other = build_model(spec), build_model(spec.shift_seeds(3))
    assign_weights(spec, model, weights_of(spec, other), "other")
    question, image = np.ones((2, 5), "int32"), np.ones((2, 64), "float32")
    answers = portable_function(model)(question, image)["probabilities"]
    np.testing.assert_allclose(answers, other({"question": question, "image": image}), rtol=1e-5)
