"""Tables whose rows come from a file."""

import h5py
import numpy as np
import pytest
import scipy.sparse
import tensorflow as tf
import yaml

from cocoqa_keras.errors import InputError
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.stage_weights import stage_matrix
from cocoqa_keras.spec import load_spec


def _write_h5(path, matrix):
    with h5py.File(path, "w") as file:
        file["vectors/words"] = matrix


def _write_sparse_h5(path, matrix):
    rows = scipy.sparse.csr_matrix(matrix)
    with h5py.File(path, "w") as file:
        for part in ("data", "indices", "indptr", "shape"):
            file[f"words_{part}"] = getattr(rows, part)


# For each kind of file: how it is written, and the fields that name it.
FILES = {
    "plain": (np.savetxt, {"format": "plain", "initWeights": "table.txt"}),
    "plain by default": (np.savetxt, {"initWeights": "table.txt"}),
    "numpy": (np.save, {"format": "numpy", "initWeights": "table.npy"}),
    "h5": (_write_h5, {"format": "h5", "h5key": "vectors/words", "initWeights": "table.h5"}),
    "sparse h5": (
        _write_sparse_h5,
        {"format": "h5", "h5key": "words", "sparse": True, "initWeights": "table.h5"},
    ),
}


@pytest.fixture(params=FILES)
def build(request, tmp_path):
    """Builds a model of one table from a file of a kind that holds `matrix`."""
    write, fields = FILES[request.param]

    def build(matrix, learning_rate=0, shape=None):
        write(tmp_path / fields["initWeights"], matrix)
        size, width = shape or matrix.shape
        table = {"name": "table", "type": "lut", "inputs": "input", "inputDim": size, "outputDim": width}
        content = {
            "name": "one",
            "costFn": "mse",
            "stages": ["table"],
            "outputs": "table",
            "specs": [{**table, **fields, "learningRate": learning_rate, "intConversion": True}],
        }
        path = tmp_path / "one.model.yml"
        path.write_text(yaml.safe_dump(content))
        return build_model(load_spec(path), input_shape=(3,))

    return build


@pytest.fixture
def matrix():
    """Six rows of four numbers, half of them zero."""
    random = np.random.RandomState(0)
    return random.standard_normal((6, 4)) * (random.uniform(size=(6, 4)) > 0.5)


@pytest.mark.parametrize("learning_rate", [0, 0.1])
def test_rows_are_those_of_the_file(build, matrix, floatx, learning_rate):
    model = build(matrix, learning_rate)
    ids = np.array([[1, 6, 0], [6, 6, 2]])
    rows = np.vstack([np.zeros(4), matrix]).astype(floatx)
    np.testing.assert_array_equal(model(ids), rows[ids.ravel()])


def test_a_trainable_table_is_trained_and_saved(build, matrix, floatx):
    model = build(matrix, learning_rate=0.1)
    layer = model.get_layer("table")
    np.testing.assert_array_equal(stage_matrix(layer), matrix.astype(floatx))
    output_gradient = np.arange(24.0).reshape(6, 4)
    with tf.GradientTape() as tape:
        outputs = model(np.array([[1, 6, 0], [6, 6, 2]]))
    (gradient,) = tape.gradient(outputs, model.trainable_variables, tf.constant(output_gradient, floatx))
    expected = np.zeros((6, 4))
    expected[0] = output_gradient[0]
    expected[1] = output_gradient[5]
    expected[5] = output_gradient[[1, 3, 4]].sum(axis=0)
    np.testing.assert_array_equal(tf.convert_to_tensor(gradient), expected)


def test_a_frozen_table_is_neither(build, matrix):
    model = build(matrix, learning_rate=0)
    assert not model.trainable_variables
    assert stage_matrix(model.get_layer("table")) is None


@pytest.mark.parametrize("shape", [(6, 1), (1, 4), (1, 1)])
def test_a_table_of_one_row_or_one_column_is_one(build, matrix, shape):
    part = matrix[: shape[0], : shape[1]] + 1
    np.testing.assert_array_equal(build(part).get_layer("table").weights[0], part.astype("float32"))


def test_whole_numbers_will_do(build):
    matrix = np.arange(1, 25).reshape(6, 4)
    np.testing.assert_array_equal(build(matrix).get_layer("table").weights[0], matrix)


def test_a_file_of_another_shape_is_refused(build, matrix):
    with pytest.raises(
        InputError, match=r"table\.\w+: stage 'table' has weights of shape \(5, 4\), found \(6"
    ):
        build(matrix, shape=(5, 4))


def test_numbers_that_are_not_finite_are_refused(build, matrix):
    matrix[3, 2] = np.nan
    with pytest.raises(InputError, match=r"table\.\w+: expected finite numbers"):
        build(matrix)
