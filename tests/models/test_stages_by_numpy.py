"""Every stage type, in shapes, fields and seeds of all kinds, against its counterpart in plain numpy."""

from dataclasses import dataclass, replace
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy_stages import STAGES, NumpyModel

from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.stage_weights import layers_by_name, stage_matrix
from cocoqa_keras.spec import STAGE_TYPES, load_spec

pytestmark = pytest.mark.slow
SIZES = st.integers(1, 4)
SEEDS = st.integers(0, 10_000)
SMOOTH_ACTIVATIONS = st.sampled_from(["sigmoid", "softmax", "tanh", "identity"])
ACTIVATIONS = SMOOTH_ACTIVATIONS | st.just("relu")


@dataclass(frozen=True)
class Case:
    """A model and a batch for it.

    Attributes:
        batch: the input.
        stages: the stages in order, each with its fields.
        name: the stage that is looked at, or several of them.
        shape: the shape of their value, for the stage that is to follow.
        inner: stages inside of others.
        has_free_steps: whether the model is built for any number of steps.
    """

    batch: np.ndarray
    stages: tuple = ()
    name: str = "input"
    shape: tuple = ()
    inner: tuple = ()
    has_free_steps: bool = False

    def then(self, kind, inner=(), **fields):
        """The same, and a stage `it` that reads what was looked at."""
        stage = {"name": "it", "type": kind, "inputs": self.name, **fields}
        return replace(self, stages=(*self.stages, stage), name="it", inner=tuple(inner))


def numbers(draw, shape):
    """Numbers of both signs, none of them near zero, where some functions bend."""
    random = np.random.RandomState(draw(SEEDS))
    return random.uniform(0.2, 2, shape) * random.choice([-1, 1], shape)


def weights(draw):
    """Fields of a stage with weights."""
    fields = {"learningRate": 0.1, "initSeed": draw(SEEDS)}
    return fields | draw(st.sampled_from([{}, {"initRange": 0.1}, {"initRange": 0.5}]))


def a_batch(draw, *sizes):
    shape = tuple(draw(SIZES) if size is None else size for size in sizes)
    return Case(numbers(draw, shape), shape=shape)


def rows_or_steps(draw, *sizes):
    """A batch of 2 to 4 axes, the last of them given."""
    return a_batch(draw, *[None] * draw(st.integers(2 - len(sizes), 4 - len(sizes))), *sizes)


def sequences(draw, has_gaps=True):
    """Sequences with steps of zeros, anywhere or at the end: the batch itself, or vectors of its words."""
    count, steps, width = draw(SIZES), draw(st.integers(1, 5)), draw(SIZES)
    is_real = draw(arrays(bool, (count, steps), elements=st.integers(0, 3).map(bool)))
    is_real &= np.arange(steps) < steps - draw(st.integers(0, 1))  # there may be padding for all
    if not has_gaps:
        is_real = np.sort(is_real)[:, ::-1]
    has_free_steps = draw(st.booleans())
    if draw(st.booleans()):
        batch = numbers(draw, (count, steps, width)) * is_real[:, :, None]
        return Case(batch, shape=batch.shape, has_free_steps=has_free_steps)
    words = np.random.RandomState(draw(SEEDS)).randint(1, 6, (count, steps, 1))
    stages = (
        {"name": "ids", "type": "timeUnfold", "inputs": "input"},
        {"name": "rows", "type": "lut", "inputs": "ids", "inputDim": 5, "outputDim": width, **weights(draw)},
        {"name": "steps", "type": "timeFold", "inputs": "rows", "timespan": steps},
    )
    batch = words * is_real[:, :, None]
    return Case(batch, stages, "steps", (count, steps, width), has_free_steps=has_free_steps)


def side_by_side(draw):
    """A batch, or parts of it one beside the other."""
    case = rows_or_steps(draw)
    half = {"name": "half", "type": "selector", "inputs": "input", "start": 0, "end": 1}
    inputs = draw(st.sampled_from(["input", "half, input", "input, half, input"]))
    width = case.shape[-1] * inputs.count("input") + inputs.count("half")
    return Case(case.batch, (half,) * ("half" in inputs), inputs, (*case.shape[:-1], width))


def a_selector(draw):
    case = rows_or_steps(draw)
    axis = draw(st.integers(-len(case.shape), len(case.shape) - 1))
    start = draw(st.integers(0, case.shape[axis] - 1))
    return case.then("selector", start=start, end=draw(st.integers(start + 1, 5)), axis=axis)


def a_table(draw):
    size, shape = draw(SIZES), draw(st.lists(SIZES, min_size=1, max_size=3))
    ids = np.random.RandomState(draw(SEEDS)).randint(0, size + 1, shape)
    fields = {name: draw(st.booleans()) for name in ("sparse", "intConversion", "lazyInit")}
    return Case(ids).then("lut", inputDim=size, outputDim=draw(SIZES), **fields, **weights(draw))


def map_fields(draw, activations=ACTIVATIONS):
    return weights(draw) | {
        "outputDim": draw(SIZES),
        "activeFn": draw(activations),
        "bias": draw(st.booleans()),
        "biasInitConst": draw(st.sampled_from([-1, 0, 0.5])),
        "initType": draw(st.sampled_from(["zeroMean", "positive"])),
    }


def a_map(draw):
    return side_by_side(draw).then("map", outputdEdX=draw(st.booleans()), **map_fields(draw))


def an_activation(draw):
    return side_by_side(draw).then("active", activeFn=draw(ACTIVATIONS))


def a_normalization(draw):
    return rows_or_steps(draw, 3).then("normalize", mean="mean.npy", std="std.npy")


def dropout_fields(draw):
    return {"dropoutRate": draw(st.sampled_from([0, 0.3, 0.7, 1])), "initSeed": draw(SEEDS)}


def a_dropout(draw):
    source = draw(st.sampled_from([side_by_side, sequences]))
    return source(draw).then("dropout", **dropout_fields(draw))


def how_sequences_end(draw, multi_output):
    """Every combination; most often the one of which gradients come in past the end."""
    ways = [(True, True), (True, True), (True, True), (True, False), (False, True), (False, False)]
    every_step, cut = draw(st.sampled_from(ways))
    return {multi_output: every_step, "cutOffZeroEnd": cut}


def sequences_or_one_step(draw):
    """The input of a recurrence, and the value of its `multiInput`."""
    has_many = draw(st.booleans())
    return sequences(draw) if has_many else a_batch(draw, None, None), has_many


def an_lstm(draw):
    case, has_many = sequences_or_one_step(draw)
    fields = how_sequences_end(draw, draw(st.sampled_from(["multiOutput", "multiErr"]))) | weights(draw)
    width, timespan = case.shape[-1], draw(st.integers(1, 5))
    return case.then(
        "lstm", inputDim=width, outputDim=draw(SIZES), timespan=timespan, multiInput=has_many, **fields
    )


def an_old_lstm(draw):
    case, fields = sequences(draw), how_sequences_end(draw, "multiErr") | weights(draw)
    return case.then("lstm_old", inputDim=case.shape[-1], outputDim=draw(SIZES), **fields)


def a_fold(draw):
    case = sequences(draw)
    _, steps, width = case.shape
    if case.stages:
        case = replace(case, stages=case.stages[:2], name="rows")
    else:
        case = replace(case, batch=case.batch.reshape(-1, width), has_free_steps=False)
    return case.then("timeFold", timespan=steps)


def a_repeat(draw):
    case = a_batch(draw, None, *[1] * draw(st.integers(0, 1)), None)
    return case.then("timeRepeat", numRepeats=draw(SIZES))


SHAPES = [
    "(x[0], x[1] * x[2])",
    "(x[0] * x[1], x[2])",
    "x[0], x[2], x[1]",
    "(x[0], x[-1], 1, x[-2])",
    "(-1, x[2])",
    "(x[0], -1)",
    "(x[0], x[1] * 2, x[2] / 2)",
    "((x[0] + 1) * x[2] - x[2], x[1])",
]


def a_reshape(draw):
    shape = draw(st.sampled_from(SHAPES))
    width = 2 * draw(st.integers(1, 2)) if "/ 2" in shape else None
    return a_batch(draw, None, None, width).then("reshape", reshapeFn=shape)


def a_concat(draw):
    case = sequences(draw) if draw(st.booleans()) else rows_or_steps(draw)
    axis = draw(st.integers(-len(case.shape), len(case.shape) - 1))
    ends = {"start": 0, "end": draw(st.integers(1, case.shape[axis]))}
    part = {"name": "part", "type": "selector", "inputs": case.name, "axis": axis, **ends}
    inputs = draw(st.permutations([case.name, "part"]))
    return replace(case, stages=(*case.stages, part), name=", ".join(inputs)).then("concat", axis=axis)


def a_sum(draw):
    parts = draw(SIZES)
    return rows_or_steps(draw, parts * draw(st.integers(1, 3))).then("sum", numComponents=parts)


def a_product(kind):
    return lambda draw: rows_or_steps(draw, 2 * draw(SIZES)).then(kind)


def a_sum_of_products(draw):
    """Attention and values out of one batch; the gate is (N, D) where axis 1 is summed over, else (N, T)."""
    case, axis = a_batch(draw, None, None, draw(st.integers(2, 4))), draw(st.sampled_from([1, 2, -1, -2]))
    attention = {"name": "attention", "type": "selector", "inputs": "input", "start": 0, "end": 1}
    column = {"name": "column", "type": "reshape", "inputs": "attention", "reshapeFn": "(x[0], x[1])"}
    total = {"name": "total", "type": "sum2", "inputs": "input"}
    gate = total if axis in (1, -2) else column
    inputs = draw(st.sampled_from(["attention, input", "input, attention", "input, input"]))
    inputs += draw(st.sampled_from(["", f", {gate['name']}"]))
    return Case(case.batch, (attention, gate), inputs).then(
        "sumProd", sumAxis=axis, beta=draw(st.sampled_from([1, -0.5]))
    )


def an_inner_product(draw):
    return a_batch(draw, None, draw(st.integers(2, 3)), None).then("innerProd", **weights(draw))


def a_similarity(draw):
    bank = draw(SIZES)
    return a_batch(draw, bank + draw(SIZES), None).then("cosSimilarity", bankDim=bank)


def a_matrix(draw):
    sizes = {"inputDim": draw(SIZES), "outputDim": draw(SIZES)}
    return rows_or_steps(draw).then("constWeights", **sizes, **weights(draw))


def a_constant(draw):
    return rows_or_steps(draw).then("constValue", outputDim=draw(SIZES), value=draw(st.floats(-2, 2)))


def a_convolution(draw):
    window = draw(SIZES)
    case = a_batch(draw, None, window + draw(st.integers(0, 3)), None)
    fields = {"numChannels": case.shape[-1], "numFilters": draw(SIZES), "windowSize": window}
    return case.then("conv1d", **fields, **weights(draw))


def a_max_pooling(draw):
    return a_batch(draw, None, draw(st.integers(1, 7)), None).then("maxpool1d", windowSize=draw(SIZES))


def a_mean_pooling(draw):
    window = draw(SIZES)
    return a_batch(draw, None, window * draw(SIZES), None).then("meanpool1d", windowSize=window)


def an_ordinal_regression(draw):
    case = rows_or_steps(draw, 1)
    return case.then("ordinal", outputDim=draw(SIZES), fixExtreme=draw(st.booleans()), **weights(draw))


def an_attention(draw):
    return a_batch(draw, None, None, None).then("attentionPenalty", errorConst=draw(st.floats(0, 2)))


LINKS = {
    "map": lambda draw: map_fields(draw, SMOOTH_ACTIVATIONS),
    "active": lambda draw: {"activeFn": draw(SMOOTH_ACTIVATIONS)},
    "dropout": dropout_fields,
}


def links(draw, kinds):
    """Stages of a chain. What they read may be zero, where relu bends."""
    fields = [{"type": kind, **LINKS[kind](draw)} for kind in kinds]
    return [{"name": f"link{number}", "inputs": "", **own} for number, own in enumerate(fields)]


def a_chain(draw):
    chain = links(draw, draw(st.lists(st.sampled_from(list(LINKS)), min_size=1, max_size=3)))
    return side_by_side(draw).then("sequential", inner=chain, stages=[link["name"] for link in chain])


SEEN = ["input(0)", "input(-1)", "input($1)", "g(-1)", "g(-2)", "g($1)", "h(-1)", "h($0)"]


def a_step(draw, name, *inputs, **fields):
    """A stage that is computed at every step, and reads some of what it can see."""
    inputs += tuple(draw(st.lists(st.sampled_from(SEEN), min_size=1, max_size=3, unique=True)))
    default = draw(st.sampled_from([0, 0.5]))
    return {"name": name, "inputs": ", ".join(inputs), "recurrent": True, "defaultValue": default, **fields}


def a_graph(draw):
    """A map g, or a chain of stages, and a map h, each of which reads steps of both."""
    case, has_many = sequences_or_one_step(draw)
    chain = links(draw, draw(st.sampled_from([[], ["map", "active"], ["active", "map"]])))
    if chain:
        (width,) = [link["outputDim"] for link in chain if link["type"] == "map"]
        names = [link["name"] for link in chain]
        g = a_step(draw, "g", type="sequential", stages=names, outputDim=width)
    else:
        g = a_step(draw, "g", type="map", **LINKS["map"](draw))
    h = a_step(draw, "h", "g(0)", type="map", **LINKS["map"](draw))
    widths = {"h": h["outputDim"], "h, g": h["outputDim"] + g["outputDim"]}
    outputs = draw(st.sampled_from(list(widths)))
    fields = {"inputDim": case.shape[-1], "outputDim": widths[outputs], "timespan": draw(st.integers(2, 5))}
    fields |= {"stages": ["g", "h"], "outputs": outputs, "multiInput": has_many}
    return case.then("recurrent", [g, h, *chain], **fields, **how_sequences_end(draw, "multiOutput"))


CASES = {
    "selector": a_selector,
    "lut": a_table,
    "map": a_map,
    "active": an_activation,
    "normalize": a_normalization,
    "dropout": a_dropout,
    "lstm": an_lstm,
    "lstm_old": an_old_lstm,
    "timeUnfold": lambda draw: a_batch(draw, None, None, None).then("timeUnfold"),
    "timeFold": a_fold,
    # A word after a gap stays where it is, and ours lets its gradient through; no question has one.
    "timeReverse": lambda draw: sequences(draw, has_gaps=False).then("timeReverse"),
    "timeFinal": lambda draw: sequences(draw).then("timeFinal"),
    "timeRepeat": a_repeat,
    "reshape": a_reshape,
    "concat": a_concat,
    "sum": a_sum,
    "sum2": lambda draw: sequences(draw).then("sum2"),
    "elemProd": a_product("elemProd"),
    "componentProd": a_product("componentProd"),
    "sumProd": a_sum_of_products,
    "innerProd": an_inner_product,
    "cosSimilarity": a_similarity,
    "constWeights": a_matrix,
    "constValue": a_constant,
    "conv1d": a_convolution,
    "maxpool1d": a_max_pooling,
    "meanpool1d": a_mean_pooling,
    "ordinal": an_ordinal_regression,
    "sequential": a_chain,
    "recurrent": a_graph,
    "attentionPenalty": an_attention,
}


def test_every_type_of_the_2015_program_is_computed_here():
    """Types of our own may come without."""
    assert set(CASES) == set(STAGES) <= set(STAGE_TYPES)
    assert len(CASES) == 31


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for model files, with statistics for `normalize`."""
    folder = tmp_path_factory.mktemp("models")
    np.save(folder / "mean.npy", np.array([-1.0, 0.5, 2.0]))
    np.save(folder / "std.npy", np.array([0.5, 1.0, 3.0]))
    return folder


def both_models(folder, case):
    """The model of a case, and its counterpart in numpy."""
    description = {
        "name": "one",
        "costFn": "mse",
        "stages": [stage["name"] for stage in case.stages],
        "outputs": case.name,
        "specs": [*case.inner, *case.stages],
    }
    path = folder / "one.model.yml"
    path.write_text(yaml.safe_dump(description))
    shape = list(case.batch.shape[1:])
    if case.has_free_steps:
        shape[0] = None
    return build_model(load_spec(path), input_shape=shape), NumpyModel(description, folder)


def cost_in_numpy(reference, values, output_gradient, training):
    """What both models are derived by, as a function of the batch, `input`, and the weights of stages."""
    reference.weights = {name: value for name, value in values.items() if name != "input"}
    outputs = reference(values["input"], training, runs_on=True)
    return np.sum(outputs * output_gradient) + reference.penalty


def slope(function, values, name, direction, step=1e-5):
    """How fast a function grows when one of its values moves in a direction."""
    ahead, behind = (function({**values, name: values[name] + sign * step * direction}) for sign in (1, -1))
    return (ahead - behind) / (2 * step)


def stacked(parts):
    arrays = [keras.ops.convert_to_numpy(part) for part in parts]
    return np.concatenate(arrays) if len(arrays) > 1 else arrays[0]


# A softmax of width 1 is what it is.
@pytest.mark.filterwarnings("ignore:.*You are using a softmax over axis -1 of a tensor")
@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=20, derandomize=True)
@given(data=st.data(), seed=SEEDS, training=st.booleans(), dtype=st.sampled_from(["float64", "float32"]))
def test_weights_outputs_and_gradients_are_those_of_numpy(
    folder, precision, kind, data, seed, training, dtype
):
    precision(dtype)
    case = CASES[kind](data.draw)
    model, reference = both_models(folder, case)
    batch = tf.constant(case.batch, dtype)
    expected = reference(case.batch, training)
    relative, absolute = {"float64": (1e-10, 1e-10), "float32": (1e-5, 1e-6)}[dtype]

    layers = layers_by_name(model)
    for name, weight in reference.weights.items():
        np.testing.assert_array_equal(stage_matrix(layers[name]), weight.astype(dtype))
    sources = {name: [v.value for v in layers[name].trainable_variables] for name in reference.weights}
    with tf.GradientTape() as tape:
        tape.watch(batch)
        outputs = model(batch, training=training)
    atol = absolute + relative * np.abs(expected).max(initial=0)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=atol)

    random = np.random.RandomState(seed)
    output_gradient = random.standard_normal(expected.shape)
    sources["input"] = [batch]
    gradients = tape.gradient(outputs, sources, tf.constant(output_gradient, dtype), "zero")
    cost = partial(cost_in_numpy, reference, output_gradient=output_gradient, training=training)
    values = {"input": case.batch, **reference.weights}
    for name, value in values.items():
        if value.dtype == int:  # words
            continue
        gradient, direction = stacked(gradients[name]), random.standard_normal(value.shape)
        direction /= np.linalg.norm(direction)
        bar = 1e-6 + max(relative, 1e-6) * np.abs(gradient).max(initial=0)  # of each number of the gradient
        found, wanted = np.sum(gradient * direction), slope(cost, values, name, direction)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=bar * np.sqrt(value.size), err_msg=name)
