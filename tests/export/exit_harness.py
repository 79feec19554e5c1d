"""Models that leave for another runtime, questions to them, and how an exit is compared."""

import keras
import numpy as np
import pytest

from cocoqa_keras.errors import InputError
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.models.zoo import list_models
from cocoqa_keras.spec import load_spec

WIDTH, WORDS, LONGEST = 10, 9, 55
TOLERANCE = 1e-5
MODELS = [*list_models(), "every_step"]
RECURRENT_GRAPHS = ["vis_attention", "vis_lstm_graph"]  # their loops keep lists that TFLite does not know

EVERY_STEP = """
name: every_step
costFn: crossEntIdx
decisionFn: argmax
stages: [words, vectors, folded, hidden, mapped, backwards, summed, answer]
outputs: answer
specs:
  - {name: words, type: selector, axis: 1, start: 1, end: 7, inputs: input}
  - {name: vectors, type: lut, inputDim: 9, outputDim: 5, inputs: words, learningRate: 0.1}
  - {name: folded, type: timeFold, timespan: 6, inputs: vectors}
  - {name: hidden, type: lstm, inputDim: 5, outputDim: 3, timespan: 6, multiOutput: true, inputs: folded,
     learningRate: 0.1}
  - {name: mapped, type: map, outputDim: 3, activeFn: tanh, inputs: hidden, outputdEdX: false}
  - {name: backwards, type: timeReverse, inputs: mapped}
  - {name: summed, type: sum2, inputs: backwards}
  - {name: answer, type: map, outputDim: 4, activeFn: softmax, inputs: summed, learningRate: 0.1}
"""


def make_model(name, tiny_spec, tmp_path):
    """A model of the package, or one that hands every step of its LSTM on; its answers differ clearly."""
    if name == "every_step":
        path = tmp_path / "every_step.model.yml"
        path.write_text(EVERY_STEP)
        spec = load_spec(path)
    else:
        spec = tiny_spec(name)
    random = np.random.RandomState(0)
    mean, std = random.uniform(0, 1, WIDTH), random.uniform(1, 2, WIDTH)
    model = build_model(spec, DatasetInfo(WORDS, 4, 6, 8, WIDTH, mean, std))
    for weight in model.trainable_weights:
        weight.assign(random.standard_normal(weight.shape) * 0.7)
    return model


def make_inputs(model, lengths):
    """Questions of these lengths, with images, as far as a model takes them."""
    random = np.random.RandomState(1)
    questions = random.randint(1, WORDS + 1, (len(lengths), max(lengths))).astype(np.int32)
    questions[np.arange(max(lengths)) >= np.array(lengths)[:, None]] = 0
    images = np.maximum(random.standard_normal((len(lengths), WIDTH)), 0).astype(np.float32)
    arrays = {"question": questions, "image": images}
    return {name: arrays[name] for name in model.input}


def assert_same_probabilities(model, run):
    """A runtime gives the model's probabilities: one question, many, empty ones, long ones."""
    for lengths in ([3], [6, 1, 0, 4, 6], [LONGEST, 0, 1], [1 + row % 6 for row in range(1000)]):
        inputs = make_inputs(model, lengths)
        expected = model(inputs, training=False).numpy()
        assert np.ptp(expected, axis=1).min() > 100 * TOLERANCE
        result = run(inputs)
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, expected, atol=TOLERANCE)


def model_of_unknown_operation():
    """A model with an operation that is TensorFlow's alone."""
    image = keras.Input((WIDTH,), name="image")
    products = image[:, :, None] * image[:, None, :]
    return keras.Model({"image": image}, keras.ops.cholesky(products)[:, 0], name="odd")


def assert_refused(write, path, model, message):
    """An exit refuses with one line, and leaves nothing."""
    with pytest.raises(InputError, match=message) as caught:
        write(path, model)
    assert len(str(caught.value).splitlines()) == 1
    assert not path.exists()
    assert not list(path.parent.glob(f".{path.stem}*"))
