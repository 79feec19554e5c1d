"""Model files computed by plain numpy, one small function a stage type.

Written from the description of the 2015 program, not from the package, of which nothing is used here: what
both compute alike has been written twice.
"""

import re

import numpy as np
from scipy.special import expit as sigmoid

STAGES = {}
UNJOINED = ("concat", "sumProd")  # the types that read their inputs one by one


def computes(*types):
    def register(function):
        STAGES.update(dict.fromkeys(types, function))
        return function

    return register


class NumpyModel:
    """A model file as a function of a batch.

    Attributes:
        weights: W of each stage, as drawn in the first run.
        penalty: what the last run adds to the cost.
        training: whether dropout drops.
        runs_on: whether outputs go on past the end of their sequence, to that of the longest of the batch.
    """

    def __init__(self, description, folder):
        self.described = {stage["name"]: stage for stage in description["specs"]}
        self.folder = folder
        self.weights = {}
        self._stages = description["stages"]
        self._outputs = names(description["outputs"])
        self._fixed = []

    def __call__(self, batch, training=False, runs_on=False):
        self.training, self.runs_on = training, runs_on
        self.penalty, self._position = 0.0, 0
        values = {"input": batch}
        for name in self._stages:
            values[name] = self.compute(name, [values[source] for source in self.inputs_of(name)])
        return join([values[name] for name in self._outputs])

    def inputs_of(self, name):
        return names(self.described[name]["inputs"])

    def compute(self, name, inputs):
        stage = self.described[name]
        if not stage.get("outputdEdX", True):
            inputs = [self.fixed(value) for value in inputs]
        if stage["type"] not in UNJOINED:
            inputs = [join(inputs)]
        return STAGES[stage["type"]](stage, self, *inputs)

    def weight(self, stage, initial):
        return self.weights.setdefault(stage["name"], initial)

    def fixed(self, value):
        """The value as it was here in the first run, so that no gradient flows through it."""
        if self._position == len(self._fixed):
            self._fixed.append(np.copy(value))
        self._position += 1
        return self._fixed[self._position - 1]


def names(text):
    return [name.strip() for name in text.split(",")]


def join(inputs):
    return inputs[0] if len(inputs) == 1 else np.concatenate(inputs, -1)


def softmax(x):
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


ACTIVATIONS = {
    "sigmoid": sigmoid,
    "softmax": softmax,
    "tanh": np.tanh,
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
}


def uniform(stage, shape, low=-0.5, seed_shift=0):
    """Numbers from `low` to `low + 1` times the range."""
    random = np.random.RandomState(stage.get("initSeed", 0) + seed_shift)
    width = stage.get("initRange", 1.0)
    return random.uniform(low * width, (low + 1) * width, shape)


def with_ones(*parts):
    return np.concatenate([*parts, np.ones((*parts[0].shape[:-1], 1))], -1)


@computes("selector")
def a_slice(stage, model, x):
    places = range(x.shape[stage.get("axis", -1)])[stage["start"] : stage["end"]]
    return np.take(x, places, stage.get("axis", -1))


@computes("lut")
def rows_of_a_table(stage, model, ids):
    table = model.weight(stage, uniform(stage, (stage["inputDim"], stage["outputDim"])))
    return np.pad(table, [(1, 0), (0, 0)])[ids.astype(int).ravel()]


@computes("map")
def affine_map(stage, model, x):
    low = {"zeroMean": -0.5, "positive": 0.0}[stage.get("initType", "zeroMean")]
    constant = stage.get("biasInitConst", -1)
    has_bias = stage.get("bias", True)
    if has_bias and constant >= 0:
        drawn = uniform(stage, (x.shape[-1], stage["outputDim"]), low)
        initial = np.concatenate([drawn, np.full((1, stage["outputDim"]), constant)])
    else:
        initial = uniform(stage, (x.shape[-1] + has_bias, stage["outputDim"]), low)
    weights = model.weight(stage, initial)
    return ACTIVATIONS[stage["activeFn"]]((with_ones(x) if has_bias else x) @ weights)


@computes("active")
def activation(stage, model, x):
    return ACTIVATIONS[stage["activeFn"]](x)


@computes("normalize")
def normalization(stage, model, x):
    mean, std = (np.load(model.folder / stage[name]) for name in ("mean", "std"))
    return (x - mean) / std


@computes("dropout")
def dropout(stage, model, x):
    """In training with the first mask of the stage."""
    rate = stage["dropoutRate"]
    if not model.training:
        return x * (1 - rate)
    return x * (np.random.RandomState(stage.get("initSeed", 0)).uniform(0, 1, x.shape[-1]) > rate)


def ends(model, x):
    """The number of steps before the first all-zero one, (N,); it has no gradient."""
    lengths = [next((t for t, step in enumerate(row) if not step.any()), len(row)) for row in x]
    return model.fixed(np.array(lengths, int))


def last_steps(x, lengths):
    after_nothing = np.pad(x, [(0, 0), (1, 0), (0, 0)])
    return after_nothing[np.arange(len(x)), lengths]


def up_to(x, lengths):
    return np.where((np.arange(x.shape[1]) < np.reshape(lengths, (-1, 1)))[:, :, None], x, 0)


def steps_of(stage, x):
    """The input of a recurrence, step by step: (N, T, D)."""
    if stage.get("multiInput", True):
        return x
    return np.pad(x[:, None], [(0, 0), (0, stage["timespan"] - 1), (0, 0)])


def ended(stage, model, x, hidden):
    """What leaves a recurrence that computed `hidden` at all the steps of x."""
    lengths = ends(model, x)
    if not stage.get("cutOffZeroEnd", True) or not stage.get("multiInput", True):
        lengths = np.full_like(lengths, x.shape[1])
    if not stage.get("multiOutput", stage.get("multiErr", False)):
        return last_steps(hidden, lengths)
    return up_to(hidden, lengths.max() if model.runs_on else lengths)


def peephole_lstm(x, weights, units):
    """h of every step, (N, T, H), from [W_I; W_F; W_Z; W_O]."""
    with_cell, without = x.shape[-1] + 2 * units + 1, x.shape[-1] + units + 1
    w_i, w_f, w_z, w_o = np.split(weights, np.cumsum([with_cell, with_cell, without]))
    c = h = np.zeros((len(x), units))
    hidden = []
    for step in np.moveaxis(x, 1, 0):
        i, f = (sigmoid(with_ones(step, h, c) @ w) for w in (w_i, w_f))
        c = f * c + i * np.tanh(with_ones(step, h) @ w_z)
        h = sigmoid(with_ones(step, h, c) @ w_o) * np.tanh(c)
        hidden.append(h)
    return np.stack(hidden, 1)


@computes("lstm")
def lstm(stage, model, x):
    x, units = steps_of(stage, x), stage["outputDim"]
    gates = []
    for shift, (cells, bias) in enumerate([(1, 1), (1, 1), (0, 0), (1, 1)]):
        drawn = uniform(stage, (x.shape[-1] + (1 + cells) * units, units), seed_shift=shift)
        gates += [drawn, np.full((1, units), bias)]
    weights = model.weight(stage, np.concatenate(gates))
    return ended(stage, model, x, peephole_lstm(x, weights, units))


@computes("lstm_old")
def lstm_in_one_matrix(stage, model, x):
    """The order of drawing is that of the golden figures: x of each gate, then h, then c."""
    units, width = stage["outputDim"], x.shape[-1]
    draws = iter(np.split(uniform(stage, (4 * width + 7 * units) * units), 4 * width + 7 * units))

    def draw(columns, gates):
        return {gate: np.reshape([next(draws) for _ in range(columns)], (units, columns)) for gate in gates}

    kinds = draw(width, "IFZO"), draw(units, "IFZO"), draw(units, "IFO")
    gates = []
    for gate, bias in zip("IFZO", [1, 1, 0, 1], strict=True):
        gates += [*(kind[gate] for kind in kinds if gate in kind), np.full((units, 1), bias)]
    initial = np.concatenate(gates, 1)
    hidden = peephole_lstm(x, model.weight(stage, initial).T, units)
    if not (stage["multiErr"] and stage["cutOffZeroEnd"]):
        return ended(stage, model, x, hidden)
    lengths = ends(model, x)
    return np.concatenate([up_to(hidden, lengths), last_steps(hidden, lengths)[:, None]], 1)


@computes("timeUnfold")
def unfolded(stage, model, x):
    return x.reshape(-1, x.shape[-1])


@computes("timeFold")
def folded(stage, model, x):
    return x.reshape(-1, stage["timespan"], x.shape[-1])


@computes("timeReverse")
def backwards(stage, model, x):
    padding = model.fixed(x)
    rows = zip(x, padding, ends(model, x), strict=True)
    return np.stack([np.concatenate([row[:end][::-1], rest[end:]]) for row, rest, end in rows])


@computes("timeFinal")
def the_last_step(stage, model, x):
    return last_steps(x, ends(model, x))


@computes("timeRepeat")
def repeated(stage, model, x):
    return np.repeat(x.reshape(len(x), 1, -1), stage["numRepeats"], 1)


@computes("reshape")
def reshaped(stage, model, x):
    return x.reshape(eval(stage["reshapeFn"].replace("/", "//"), {"x": x.shape}))


@computes("concat")
def joined_along_an_axis(stage, model, *parts):
    return np.concatenate(parts, stage["axis"])


@computes("sum")
def sum_of_parts(stage, model, x):
    return sum(np.split(x, stage["numComponents"], -1))


@computes("sum2")
def sum_over_words(stage, model, x):
    return x.sum(1)


@computes("elemProd", "componentProd")
def product_of_halves(stage, model, x):
    first, second = np.split(x, 2, -1)
    return first * second


@computes("sumProd")
def sum_of_products(stage, model, first, second, third=None):
    total = (first * second).sum(stage["sumAxis"])
    return stage.get("beta", 1.0) * total if third is None else third * total


@computes("innerProd")
def inner_product(stage, model, x):
    return np.einsum("nd,nd->n", x[:, 0], x[:, 1]) + model.weight(stage, np.array(1.0))


@computes("cosSimilarity")
def cosines(stage, model, x):
    norms = np.linalg.norm(x, axis=-1)
    return (x @ x.T / np.outer(norms, norms))[stage["bankDim"] :, : stage["bankDim"]]


@computes("constWeights")
def a_matrix(stage, model, x):
    return model.weight(stage, uniform(stage, (stage["outputDim"], stage["inputDim"])))


@computes("constValue")
def a_number(stage, model, x):
    return np.full((len(x), stage["outputDim"]), stage["value"])


@computes("conv1d")
def convolution(stage, model, x):
    size, shape = stage["windowSize"], (stage["windowSize"] * stage["numChannels"], stage["numFilters"])
    weights = model.weight(stage, uniform(stage, shape))
    windows = [x[:, t : t + size].reshape(len(x), -1) for t in range(x.shape[1] - size + 1)]
    return np.stack(windows, 1) @ weights


@computes("maxpool1d")
def largest_of_parts(stage, model, x):
    missing = -x.shape[1] % stage["windowSize"]
    return np.max(np.split(np.pad(x, [(0, 0), (0, missing), (0, 0)]), stage["windowSize"], 1), 0)


@computes("meanpool1d")
def mean_of_parts(stage, model, x):
    return np.mean(np.split(x, stage["windowSize"], 1), 0)


@computes("ordinal")
def ordinal_regression(stage, model, x):
    count = stage["outputDim"]
    mu, pi = model.weight(stage, np.stack([np.linspace(-1, 1, count), np.full(count, np.log(1 / count))]))
    if stage.get("fixExtreme", True):
        mu = np.where(np.isin(range(count), (0, count - 1)), model.fixed(mu), mu)
    return softmax(mu * x + pi - mu**2 / 2)


@computes("attentionPenalty")
def attention(stage, model, x):
    _, steps, places = x.shape
    model.penalty += stage["errorConst"] / 2 * np.sum((x.sum(1) - steps / places) ** 2)
    return x


@computes("sequential")
def chain(stage, model, x):
    for name in stage["stages"]:
        x = model.compute(name, [x])
    return x


@computes("recurrent")
def graph_in_time(stage, model, x):
    steps = steps_of(stage, x)
    values = {("input", t): steps[:, t] for t in range(steps.shape[1])}
    widths = {"input": x.shape[-1], **{name: model.described[name]["outputDim"] for name in stage["stages"]}}

    def read(text, now):
        name, is_absolute, step = re.fullmatch(r"(.*)\((\$?)(.*)\)", text).groups()
        default = 0.0 if name == "input" else model.described[name].get("defaultValue", 0.0)
        return values.get(
            (name, int(step) if is_absolute else now + int(step)), np.full((len(x), widths[name]), default)
        )

    outputs = []
    for now in range(steps.shape[1]):
        for name in stage["stages"]:
            values[name, now] = model.compute(name, [read(text, now) for text in model.inputs_of(name)])
        outputs.append(join([values[name, now] for name in names(stage["outputs"])]))
    return ended(stage, model, steps, np.stack(outputs, 1))
