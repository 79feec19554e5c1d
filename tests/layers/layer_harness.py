"""What every layer must do, written once: see `test_every_layer.py` for the table of layers."""

from functools import partial

import keras
import numpy as np
import tensorflow as tf

from cocoqa_keras.layers import JoinSequences


def as_inputs(arrays):
    """Symbolic inputs for a list of arrays, the first axis free."""
    return [keras.Input(a.shape[1:], dtype=a.dtype.name, name=f"input_{i}") for i, a in enumerate(arrays)]


def build(make_layer, arrays):
    """A functional model of the layer alone, and the layer."""
    inputs = as_inputs(arrays)
    layer = make_layer()
    return keras.Model(inputs, keras.tree.flatten(call(layer, inputs))), layer


def call(layer, inputs):
    """Calls a layer with its inputs one by one, or in a list where it takes a list."""
    return layer(inputs) if isinstance(layer, JoinSequences) else layer(*inputs)


def check_config_round_trip(layer):
    """A layer made from the configuration of another has the same configuration."""
    again = type(layer).from_config(layer.get_config())
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    assert again.name == layer.name


def check_shapes_and_dtype(make_layer, arrays, dtype):
    """The symbolic shape, the promised shape and the shape of real output agree; so do the dtypes."""
    model, layer = build(make_layer, arrays)
    outputs = keras.tree.flatten(model(arrays))
    for symbolic, real in zip(model.outputs, outputs, strict=True):
        assert symbolic.dtype == real.dtype.name
        assert symbolic.dtype in (dtype, "int32")
        assert len(symbolic.shape) == len(real.shape)
        for promised, found in zip(symbolic.shape, real.shape, strict=True):
            assert promised in (None, found)
    if len(outputs) == 1:
        assert outputs[0].dtype == dtype
        shapes = [a.shape for a in arrays]
        assert tuple(layer.compute_output_shape(*shapes)) == tuple(outputs[0].shape)


def check_training(make_layer, arrays):
    """One compiled step of `fit` behind a dense layer moves each trainable weight by a finite amount."""
    inputs = as_inputs(arrays)
    is_ids = inputs[0].dtype == "int32"
    first = inputs[0] if is_ids else keras.layers.Dense(arrays[0].shape[-1])(inputs[0])
    outputs = keras.tree.flatten(call(make_layer(), [first, *inputs[1:]]))
    model = keras.Model(inputs, outputs[0])
    model.compile(keras.optimizers.SGD(0.1), loss=SumOfSquares(), jit_compile=False)
    before = [keras.ops.convert_to_numpy(weight) for weight in model.trainable_variables]
    # One batch holds everything; targets play no part, so that any number of output rows will do.
    loss = model.train_on_batch(arrays, np.zeros((len(arrays[0]), 1)))
    assert np.isfinite(loss)
    for weight, old in zip(model.trainable_variables, before, strict=True):
        new = keras.ops.convert_to_numpy(weight)
        assert np.isfinite(new).all()
        assert not np.array_equal(new, old), f"{weight.path} did not move"


def check_saving(make_layer, arrays, folder):
    """Saved as `.keras` and loaded again, without unsafe deserialisation, the outputs are equal."""
    model, _ = build(make_layer, arrays)
    model.save(folder / "layer.keras")
    again = keras.saving.load_model(folder / "layer.keras", safe_mode=True)
    assert_equal(again(arrays), model(arrays), np.testing.assert_array_equal)


def check_export(make_layer, arrays, folder):
    """Exported, and loaded by TensorFlow alone, the outputs are equal."""
    model, _ = build(make_layer, arrays)
    model.export(folder / "saved_model", verbose=False)
    again = tf.saved_model.load(str(folder / "saved_model"))
    served = again.serve([tf.constant(a) for a in arrays])
    assert_equal(served, model(arrays), partial(np.testing.assert_allclose, rtol=1e-6, atol=1e-7))


def assert_equal(outputs, expected, assert_close):
    """Compares outputs one by one."""
    for output, other in zip(keras.tree.flatten(outputs), keras.tree.flatten(expected), strict=True):
        assert_close(output, other)


@keras.saving.register_keras_serializable("tests")
class SumOfSquares(keras.losses.Loss):
    """The sum of squares of the outputs, whatever the targets."""

    def __call__(self, y_true, y_pred, sample_weight=None):
        return keras.ops.sum(keras.ops.square(y_pred))
