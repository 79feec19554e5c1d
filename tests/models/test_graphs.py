"""Stages made of stages: chains, and graphs that are computed at every step of a sequence."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
import yaml
from described import a_map

from cocoqa_keras.data.formats import read_weights, write_weights
from cocoqa_keras.errors import InputError
from cocoqa_keras.export.portable import portable_function
from cocoqa_keras.export.weight_layout import assign_weights, weights_of
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.models.stage_weights import layers_by_name, stage_matrix
from cocoqa_keras.models.zoo import find_model
from cocoqa_keras.spec import load_spec
from cocoqa_keras.training.costs import cost_of
from cocoqa_keras.training.optimizer import StageSettings, StagewiseSGD

GOLDEN_GRAPHS = ["sequential", "recurrent_rnn", "recurrent_lstm"]


@pytest.mark.parametrize("name", GOLDEN_GRAPHS)
def test_stages_inside_a_graph_have_the_weights_and_gradients_of_the_2015_program(stages, floatx, name):
    # One of the matrices is kept as numbers of Python.
    figures = np.load(stages / "stages.npz", allow_pickle=True)
    spec = load_spec(stages / "specs" / f"{name}.model.yml")
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


def test_stages_of_a_graph_are_trained_by_their_own_settings(trained_graph, sequences):
    model = build_model(trained_graph, input_shape=(None, 3))
    model.compile(StagewiseSGD.from_spec(trained_graph), loss="mse", jit_compile=False)
    before = {name: layers_by_name(model)[name].kernel.numpy() for name in ("g", "h", "frozen")}
    model.train_on_batch(sequences.astype("float32"), np.ones((4, 2)))
    moved = {name: np.linalg.norm(layers_by_name(model)[name].kernel - old) for name, old in before.items()}
    assert moved["frozen"] == 0
    assert moved["g"] == pytest.approx(0.5 * 0.01, rel=1e-3)
    assert moved["h"] > 0


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


GATES = ("inputGate", "forgetGate", "candidate", "outputGate")


def test_vis_lstm_written_out_has_the_settings_of_vis_lstm():
    single, graph = (load_spec(find_model(name)) for name in ("vis_lstm", "vis_lstm_graph"))
    lstm = single["lstm"]
    assert [s for s in graph.stages if s.name != "lstm"] == [s for s in single.stages if s != lstm]
    for shift, name in enumerate(GATES):
        gate = graph[name]
        assert replace(StageSettings.of(gate), stage="lstm") == StageSettings.of(lstm)
        assert (gate.init_range, gate.init_seed) == (lstm.init_range, lstm.init_seed + shift)
        assert gate.output_dim == graph["lstm"].output_dim == lstm.output_dim


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
def test_vis_lstm_written_out_trains_as_vis_lstm(tiny_spec, tiny_dataset, tiny_features):
    """The same initial weights, costs of every epoch, and weights and answers after them."""
    train, valid = tiny_dataset.train, tiny_dataset.valid
    inputs, valid_inputs = (
        {"question": split.questions, "image": tiny_features.read(split.image_ids - 1)}
        for split in (train, valid)
    )
    results = []
    for name, parts in (("vis_lstm", ["lstm"]), ("vis_lstm_graph", GATES)):
        spec = tiny_spec(name)
        model = build_model(spec, DatasetInfo.of(tiny_dataset, tiny_features))
        layers = [layers_by_name(model)[part] for part in parts]
        first = np.concatenate([stage_matrix(layer) for layer in layers])
        model.compile(StagewiseSGD.from_spec(spec), cost_of(spec), jit_compile=False)
        history = model.fit(
            inputs, train.answers, 4, 6, 0, validation_data=(valid_inputs, valid.answers), shuffle=False
        ).history
        last = np.concatenate([stage_matrix(layer) for layer in layers])
        results.append([first, last, history["loss"], history["val_loss"], model(inputs)])
    (first, *single), (first_of_graph, *graph) = results
    np.testing.assert_array_equal(first_of_graph, first)
    for ours, other in zip(graph, single, strict=True):
        np.testing.assert_allclose(ours, other, rtol=0, atol=1e-12)


def test_a_trained_graph_is_portable(tiny_spec, tiny_dataset, tiny_features):
    spec, info = tiny_spec("vis_lstm_graph"), DatasetInfo.of(tiny_dataset, tiny_features)
    model, other = build_model(spec, info), build_model(spec.shift_seeds(3), info)
    assign_weights(spec, model, weights_of(spec, other), "other")
    question, image = np.ones((2, 5), "int32"), np.ones((2, 10), "float32")
    answers = portable_function(model)(question, image)["probabilities"]
    np.testing.assert_allclose(answers, other({"question": question, "image": image}), rtol=1e-5)


def test_a_value_that_runs_away_past_the_end_spoils_nothing(spec_of):
    """The steps past the end are computed for their gradient alone."""
    step = a_step("h", "input(0), h(-1)", activeFn="relu", initType="positive", initRange=9.0)
    model = build_model(spec_of(a_graph(step, multiOutput=True, timespan=90), step), input_shape=(None, 3))
    steps = np.ones((2, 90, 3), "float32")
    steps[1, 3:] = 0
    outputs = model(steps).numpy()
    assert np.isfinite(outputs[1]).all()
    assert not outputs[1, 3:].any()
