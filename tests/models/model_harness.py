"""What every model must do, written once: see `test_every_model.py` for the models."""

import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from cocoqa_keras.models.stage_weights import layers_by_name
from cocoqa_keras.spec import load_spec
from cocoqa_keras.spec.model_spec import ModelSpec
from cocoqa_keras.spec.stages import TrainableStage
from cocoqa_keras.training.costs import cost_of
from cocoqa_keras.training.optimizer import StagewiseSGD


@dataclass(frozen=True)
class Subject:
    """A model file, what builds its model, and examples: an array, or arrays by the names of inputs."""

    spec: ModelSpec
    build: Callable[[], keras.Model]
    examples: np.ndarray | dict[str, np.ndarray]


def batch_of(model, examples, rows=slice(None), padding=0):
    """Some of the examples as inputs of a model, with more steps of zeros where their number is free."""

    def as_input(tensor, values):
        steps = padding if len(tensor.shape) > 1 and tensor.shape[1] is None else 0
        ends = [(0, 0), (0, steps)] + [(0, 0)] * (values.ndim - 2)
        return tf.constant(np.pad(values[rows], ends), tensor.dtype)

    return keras.tree.map_structure(as_input, model.input, examples)


def check_config_round_trip(subject):
    """A model made from the configuration of another gives the same answers with the same weights."""
    model = subject.build()
    again = keras.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    batch = batch_of(model, subject.examples)
    np.testing.assert_array_equal(again(batch), model(batch))
    assert_same_weights(again, model)


def check_copied_file(subject, folder):
    """The text of the model file that a run keeps is the model file."""
    spec = subject.spec
    (folder / "copy.yml").write_text(spec.text)
    copy = load_spec(folder / "copy.yml", spec.overrides)
    for field in ModelSpec.model_fields:
        assert getattr(copy, field) == getattr(spec, field)


def check_saving(subject, folder):
    """Saved as `.keras` and loaded again, without unsafe deserialisation, a model gives the same answers."""
    model = subject.build()
    model.save(folder / "model.keras")
    again = keras.saving.load_model(folder / "model.keras", safe_mode=True)
    batch = batch_of(model, subject.examples)
    np.testing.assert_array_equal(again(batch), model(batch))
    assert_same_weights(again, model)


def assert_same_weights(model, other):
    """Two models have weights of the same names, and would train the same of them."""
    for kind in ("weights", "trainable_variables"):
        paths = ([weight.path for weight in getattr(m, kind)] for m in (model, other))
        np.testing.assert_array_equal(*paths)


def check_training(subject):
    """A compiled step of training moves the weights of every stage that learns, and of no other."""
    model = subject.build()
    batch = batch_of(model, subject.examples)
    optimizer = StagewiseSGD.from_spec(subject.spec)
    optimizer.build(model.trainable_variables)  # or the step would be traced twice
    model.compile(optimizer, cost_of(subject.spec), jit_compile=False)
    layers = layers_by_name(model)
    stages = [stage for stage in subject.spec.all_stages if isinstance(stage, TrainableStage)]
    # The frozen table of images is an input.
    weights = {s: layers[s.name].weights for s in stages if s.name in layers or not s.is_frozen}
    before = {stage: [np.array(weight) for weight in own] for stage, own in weights.items()}
    count, answers = model(batch).shape
    cost = model.train_on_batch(batch, np.arange(count) % answers)
    assert np.isfinite(cost)
    for stage, own in weights.items():
        for weight, old in zip(own, before[stage], strict=True):
            assert np.isfinite(weight).all()
            assert np.array_equal(weight, old) == stage.is_frozen, weight.path


def check_padding(subject):
    """Four more steps of zeros change no answer."""
    model = subject.build()
    answers, longer = (model(batch_of(model, subject.examples, padding=steps)) for steps in (0, 4))
    np.testing.assert_allclose(longer, answers, rtol=1e-12)


def check_alone(subject):
    """The answers to some of the examples are those that they have among the others."""
    model = subject.build()
    together = model(batch_of(model, subject.examples))
    for rows in (slice(0, 1), slice(1, None)):
        apart = model(batch_of(model, subject.examples, rows))
        np.testing.assert_allclose(apart, together[rows], rtol=1e-12)


def check_no_examples(subject):
    """No examples, the share of a replica in a batch smaller than their number, add nothing to a gradient."""
    model = subject.build()
    with tf.GradientTape() as tape:
        answers = model(batch_of(model, subject.examples, slice(0)), training=True)
        cost = tf.reduce_sum(answers)
    assert answers.shape == (0, *model.output.shape[1:])
    for gradient in tape.gradient(cost, model.trainable_variables):
        assert not np.any(tf.convert_to_tensor(gradient))


# As they are; fewer and longer.
PARTS = {"all": {}, "others": {"rows": slice(1, 3), "padding": 2}}

SERVE = """
import sys
sys.modules["cocoqa_keras"] = sys.modules["keras"] = None  # neither can be imported
import numpy, pathlib, tensorflow, traceback

for folder in pathlib.Path(sys.argv[1]).glob("*/saved_model"):
    try:
        served = tensorflow.saved_model.load(str(folder))
        for file in folder.parent.glob("*.inputs.npz"):
            inputs = {key: tensorflow.constant(value) for key, value in numpy.load(file).items()}
            answers = served.serve(inputs.get("input", inputs))
            numpy.save(str(file).replace("inputs.npz", "answers.npy"), answers)
    except Exception:
        (folder.parent / "error.txt").write_text(traceback.format_exc())
"""


def export(subject, folder):
    """Writes a model as a SavedModel, and batches with the answers that it gives; or the error."""
    folder.mkdir()
    try:
        model = subject.build()
        for part, examples in PARTS.items():
            batch = batch_of(model, subject.examples, **examples)
            inputs = batch if isinstance(batch, dict) else {"input": batch}
            np.savez(folder / f"{part}.inputs.npz", **inputs)
            np.save(folder / f"{part}.expected.npy", model(batch))
        model.export(folder / "saved_model", verbose=False)
    except Exception:
        (folder / "error.txt").write_text(traceback.format_exc())


def serve_alone(folder):
    """Loads what was exported into the folders in `folder`, in one process that has TensorFlow alone."""
    subprocess.run([sys.executable, "-c", SERVE, str(folder)], check=True, capture_output=True)


def check_served(folder):
    """The other process gave the same answers."""
    error = folder / "error.txt"
    assert not error.exists(), error.read_text()
    for part in PARTS:
        answers, expected = (np.load(folder / f"{part}.{kind}.npy") for kind in ("answers", "expected"))
        np.testing.assert_allclose(answers, expected, rtol=1e-5, atol=1e-7)
