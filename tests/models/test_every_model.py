"""Every stage type, in a small model, and every model that comes with the package through the same harness.

In a small model a trained map is before the stage, so that gradients have to come through it. After it are
a frozen map and a trained one, which answers. The maps of steps have no bias: what is zero past a sequence's
end stays zero.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import model_harness
import numpy as np
import pytest
import yaml
from model_harness import Subject

from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.models.zoo import list_models
from cocoqa_keras.spec import load_spec


@dataclass(frozen=True, eq=False)
class Batch:
    """Examples for a model, and the shape of one as the model takes it: None where it has inputs by name."""

    shape: tuple[int | None, ...] | None
    examples: np.ndarray | dict[str, np.ndarray]


class Row(NamedTuple):
    """The stages of a model file, examples, and why a longer padding changes the answers, where it does."""

    stages: list[dict]
    batch: Batch
    padding_counts: str = ""


def sequences():
    """Four sequences of up to 6 steps, 3 wide: whole, cut, with a real step past the end, and empty."""
    steps = np.random.RandomState(0).standard_normal((4, 6, 3))
    steps[1, 3:] = steps[2, 2] = steps[3] = 0
    return steps


SEQUENCES = Batch((None, 3), sequences())
VECTORS = Batch((3,), sequences()[:, 0] + 1)
WORDS = Batch(None, {"question": np.array([[3, 1, 5, 2], [4, 2, 0, 0], [3, 0, 0, 0], [0, 0, 0, 0]])})
IDS = Batch((1,), np.array([[3], [1], [5], [0]]))


def a_stage(name, kind, inputs, **fields):
    return {"name": name, "type": kind, "inputs": inputs, **fields}


def a_map(name, inputs, **fields):
    """A frozen map from anything to 4 numbers that leaves zeros as they are."""
    return a_stage(name, "map", inputs, **{"outputDim": 4, "activeFn": "tanh", "bias": False, **fields})


def trained(stage):
    return {**stage, "learningRate": 0.1}


FIRST = trained(a_map("first", "input"))
BESIDE = trained(a_map("beside", "input", initSeed=1))


def vectors(*stages, **row):
    """A row for stages whose last one gives a vector an example."""
    frozen = a_map("frozen", stages[-1]["name"])
    answer = trained(a_map("answer", "frozen", outputDim=3, bias=True))
    return Row([*stages, frozen, answer], **{"batch": VECTORS, **row})


def steps(*stages, **row):
    """A row for stages whose last one gives sequences, which are added over time."""
    added = a_stage("added", "sum2", "each")
    return vectors(*stages, a_map("each", stages[-1]["name"]), added, **{"batch": SEQUENCES, **row})


def over_time(kind, **fields):
    """A stage that runs through `first`, 3 wide."""
    return a_stage("it", kind, "first", **{"inputDim": 4, "outputDim": 3, **fields})


LSTM = trained(over_time("lstm", timespan=6))
OLD_LSTM = trained(over_time("lstm_old", multiErr=False, cutOffZeroEnd=True))
RUNS_ON = "zeros are steps like others"


def in_time(name, inputs, **fields):
    """A map at every step of a recurrent graph."""
    return a_map(name, inputs, recurrent=True, outputDim=3, bias=True, **fields)


# A state of two steps ago, one of the step before, a numbered step, and a frozen stage.
CELL = [
    trained(in_time("g", "input(0), input($1), h(-2)")),
    in_time("still", "g(0)"),
    trained(in_time("h", "still(0), h(-1)", defaultValue=0.5)),
]
GRAPH = over_time("recurrent", timespan=6, stages=["g", "still", "h"], outputs="h")

LINKS = [trained(a_map("a", "", bias=True)), a_map("b", ""), trained(a_map("c", "", outputDim=3))]
CHAIN = {"type": "sequential", "stages": ["a", "b", "c"], "outputDim": 3}
# A chain in a graph of two steps, which is run at every step of another graph.
INNER = {**GRAPH, "name": "inner", "inputs": "input(0), inner(-1)", "recurrent": True, "inputDim": 7}
INNER |= {"timespan": 2, "multiInput": False, "stages": ["chain"], "outputs": "chain"}
NESTED = [*LINKS, {**CHAIN, "name": "chain", "inputs": "input(0), chain(-1)", "recurrent": True}, INNER]

ATTENTION = trained(a_map("attention", "input", outputDim=1, initSeed=1))
BANK = [
    trained(a_stage("bank", "constWeights", "first", inputDim=4, outputDim=2)),
    a_stage("rows", "concat", "bank, first", axis=0),
    a_stage("it", "cosSimilarity", "rows", bankDim=2),
]
WORD_VECTORS = [
    a_stage("ids", "selector", "input", start=1, end=5, axis=1),
    a_stage("unfolded", "timeUnfold", "ids"),
    trained(a_stage("vectors", "lut", "unfolded", inputDim=5, outputDim=4)),
    a_stage("it", "timeFold", "vectors", timespan=4),
]
NUMBER = trained(a_map("first", "input", outputDim=1))
OTHER_PARTS = "a step meets others"

# A row's name begins with the stage type that it is for; `test_stage_types.py` counts them.
ROWS = {
    "active": steps(FIRST, a_stage("it", "active", "first", activeFn="relu")),
    "attentionPenalty": steps(FIRST, a_stage("it", "attentionPenalty", "first", errorConst=0.5)),
    "componentProd": vectors(FIRST, BESIDE, a_stage("it", "componentProd", "first, beside")),
    "concat of numbers": steps(FIRST, BESIDE, a_stage("it", "concat", "first, beside", axis=-1)),
    "concat of steps": steps(FIRST, BESIDE, a_stage("it", "concat", "first, beside", axis=1)),
    "constValue": vectors(
        FIRST,
        a_stage("one", "constValue", "first", value=1, outputDim=2),
        a_stage("it", "concat", "first, one", axis=-1),
    ),
    "constWeights": vectors(FIRST, *BANK),
    "conv1d": steps(
        FIRST,
        trained(a_stage("it", "conv1d", "first", numChannels=4, numFilters=3, windowSize=2)),
        padding_counts="windows reach past the end",
    ),
    "cosSimilarity": vectors(FIRST, *BANK),
    "dropout": steps(FIRST, a_stage("it", "dropout", "first", dropoutRate=0.5, initSeed=2)),
    "elemProd": steps(FIRST, BESIDE, a_stage("it", "elemProd", "first, beside")),
    "innerProd": vectors(
        FIRST,
        trained(a_stage("product", "innerProd", "first")),
        a_stage("it", "reshape", "product", reshapeFn="(x[0], 1)"),
        batch=SEQUENCES,
    ),
    "lstm": vectors(FIRST, LSTM, batch=SEQUENCES),
    "lstm of all steps": steps(FIRST, {**LSTM, "multiOutput": True}),
    "lstm of a single input": steps(FIRST, {**LSTM, "multiInput": False, "multiOutput": True}, batch=VECTORS),
    "lstm without an end": vectors(
        FIRST, {**LSTM, "cutOffZeroEnd": False}, batch=SEQUENCES, padding_counts=RUNS_ON
    ),
    "lstm_old": vectors(FIRST, OLD_LSTM, batch=SEQUENCES),
    "lstm_old of all steps": steps(FIRST, {**OLD_LSTM, "multiErr": True}),
    "lstm_old without an end": vectors(
        FIRST, {**OLD_LSTM, "cutOffZeroEnd": False}, batch=SEQUENCES, padding_counts=RUNS_ON
    ),
    "lut of ids": vectors(trained(a_stage("it", "lut", "input", inputDim=5, outputDim=4)), batch=IDS),
    "lut of words": steps(*WORD_VECTORS, batch=WORDS),
    "map": vectors(trained(a_map("it", "input", bias=True, activeFn="softmax"))),
    "map of several inputs": vectors(FIRST, trained(a_map("it", "first, input", biasInitConst=1, bias=True))),
    "maxpool1d": steps(FIRST, a_stage("it", "maxpool1d", "first", windowSize=2), padding_counts=OTHER_PARTS),
    "maxpool1d of parts to fill up": steps(
        FIRST, a_stage("it", "maxpool1d", "first", windowSize=4), padding_counts=OTHER_PARTS
    ),
    "meanpool1d": steps(
        FIRST, a_stage("it", "meanpool1d", "first", windowSize=2), padding_counts=OTHER_PARTS
    ),
    "normalize": vectors(FIRST, a_stage("it", "normalize", "first", mean="mean.npy", std="std.npy")),
    "ordinal": vectors(NUMBER, trained(a_stage("it", "ordinal", "first", outputDim=4))),
    "ordinal of free ends": vectors(
        NUMBER, trained(a_stage("it", "ordinal", "first", outputDim=4, fixExtreme=False))
    ),
    "recurrent": vectors(FIRST, *CELL, GRAPH, batch=SEQUENCES),
    "recurrent of all steps": steps(FIRST, *CELL, {**GRAPH, "multiOutput": True}),
    "recurrent of a single input": steps(
        FIRST, *CELL, {**GRAPH, "multiInput": False, "multiOutput": True}, batch=VECTORS
    ),
    "recurrent without an end": vectors(
        FIRST, *CELL, {**GRAPH, "cutOffZeroEnd": False}, batch=SEQUENCES, padding_counts=RUNS_ON
    ),
    "recurrent of graphs": vectors(
        FIRST, *NESTED, {**GRAPH, "stages": ["inner"], "outputs": "inner"}, batch=SEQUENCES
    ),
    "reshape": steps(FIRST, a_stage("it", "reshape", "first", reshapeFn="(x[0], x[1] * x[2], 1)")),
    "selector of numbers": steps(FIRST, a_stage("it", "selector", "first", start=1, end=3)),
    "selector of steps": steps(FIRST, a_stage("it", "selector", "first", start=1, end=3, axis=1)),
    "sequential": vectors(FIRST, *LINKS, {**CHAIN, "name": "it", "inputs": "first"}),
    "sum": steps(FIRST, a_stage("it", "sum", "first", numComponents=2)),
    "sum2": vectors(FIRST, a_stage("it", "sum2", "first"), batch=SEQUENCES),
    "sumProd": vectors(
        FIRST, ATTENTION, a_stage("it", "sumProd", "attention, first", sumAxis=1, beta=2), batch=SEQUENCES
    ),
    "sumProd with a gate": vectors(
        FIRST,
        ATTENTION,
        a_stage("last", "timeFinal", "first"),
        trained(a_map("gate", "last", outputDim=1, activeFn="sigmoid", bias=True)),
        a_stage("it", "sumProd", "attention, first, gate", sumAxis=1),
        batch=SEQUENCES,
    ),
    "timeFinal": vectors(FIRST, a_stage("it", "timeFinal", "first"), batch=SEQUENCES),
    "timeFold": steps(
        FIRST, a_stage("rows", "timeUnfold", "first"), a_stage("it", "timeFold", "rows", timespan=6)
    ),
    "timeFold of a known length": steps(
        FIRST,
        a_stage("rows", "timeUnfold", "first"),
        a_stage("it", "timeFold", "rows", timespan=6),
        batch=Batch((6, 3), sequences()),
    ),
    "timeRepeat": steps(FIRST, a_stage("it", "timeRepeat", "first", numRepeats=3), batch=VECTORS),
    "timeRepeat of a step": steps(
        FIRST,
        a_stage("step", "selector", "first", start=0, end=1, axis=1),
        a_stage("it", "timeRepeat", "step", numRepeats=3),
    ),
    "timeReverse": vectors(
        FIRST, a_stage("reversed", "timeReverse", "first"), {**LSTM, "inputs": "reversed"}, batch=SEQUENCES
    ),
    "timeUnfold": steps(
        FIRST,
        a_stage("rows", "timeUnfold", "first"),
        trained(a_map("mapped", "rows")),
        a_stage("it", "timeFold", "mapped", timespan=6),
    ),
}


@pytest.fixture(scope="module")
def subject_of(tmp_path_factory, tiny_spec, tiny_dataset, tiny_features):
    """Finds a model of the table, or one that comes with the package, by name."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("mean", "std"):
        np.save(folder / f"{name}.npy", np.arange(1.0, 5))
    info = DatasetInfo.of(tiny_dataset, tiny_features)
    examples = tiny_dataset.train.take([0, 3, 5, 6])  # the first has no word
    words_and_images = {"question": examples.questions, "image": tiny_features.read(examples.image_ids - 1)}

    def shipped(name):
        spec = tiny_spec(name)
        inputs = build_model(spec, info).input
        return Subject(spec, partial(build_model, spec, info), {key: words_and_images[key] for key in inputs})

    def small(name):
        row = ROWS[name]
        spec = write_model_file(folder / f"{name}.model.yml", row.stages)
        return Subject(spec, partial(build_model, spec, input_shape=row.batch.shape), row.batch.examples)

    return lambda name: small(name) if name in ROWS else shipped(name)


def write_model_file(path, stages):
    """Writes a model file of stages, of which those inside of others are only described, and reads it."""
    listed = [stage["name"] for stage in stages if stage["inputs"] and not stage.get("recurrent")]
    content = {"name": "small", "costFn": "mseEye", "stages": listed, "outputs": listed[-1], "specs": stages}
    path.write_text(yaml.safe_dump(content))
    return load_spec(path)


SHIPPED = [f"{name}.yml" for name in list_models()]
EVERY_MODEL = [*ROWS, *SHIPPED]
every_model = pytest.mark.parametrize("name", EVERY_MODEL)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_has_the_stage_type_that_it_is_named_after(name):
    assert name.split()[0] in {stage["type"] for stage in ROWS[name].stages}


@every_model
def test_config_round_trip(subject_of, name):
    model_harness.check_config_round_trip(subject_of(name))


@every_model
def test_the_copied_model_file_is_the_model_file(subject_of, name, tmp_path):
    model_harness.check_copied_file(subject_of(name), tmp_path)


@every_model
def test_saved_and_loaded(subject_of, name, tmp_path):
    model_harness.check_saving(subject_of(name), tmp_path)


@pytest.fixture(scope="module")
def served(subject_of, tmp_path_factory):
    """The folder of what every model answers here, and exported in another process."""
    folder = tmp_path_factory.mktemp("served")
    for name in EVERY_MODEL:
        model_harness.export(subject_of(name), folder / name)
    model_harness.serve_alone(folder)
    return folder


@pytest.mark.slow
@every_model
def test_served_by_tensorflow_alone(served, name):
    model_harness.check_served(served / name)


@every_model
def test_one_compiled_training_step(subject_of, name):
    model_harness.check_training(subject_of(name))


def of_any_length():
    """The models that take any number of steps; those whose answers depend on it, by design, have to fail."""
    for name, row in ROWS.items():
        if row.batch in (SEQUENCES, WORDS):
            fails = pytest.mark.xfail(reason=row.padding_counts, raises=AssertionError, strict=True)
            yield pytest.param(name, marks=fails if row.padding_counts else ())
    yield from (name for name in SHIPPED if name != "img.yml")


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", list(of_any_length()))
def test_longer_padding_changes_nothing(subject_of, name):
    model_harness.check_padding(subject_of(name))


@pytest.mark.usefixtures("float64")
@every_model
def test_an_example_does_not_depend_on_its_batch(subject_of, name):
    model_harness.check_alone(subject_of(name))


@every_model
def test_no_examples_give_no_answers_and_no_gradient(subject_of, name):
    model_harness.check_no_examples(subject_of(name))
