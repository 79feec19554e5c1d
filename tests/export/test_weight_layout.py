"""Weights in the layout of the 2015 program and of keras.layers.LSTM, and back."""

import re

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.formats import read_weights, write_weights
from cocoqa_keras.data.pipeline import BatchReader
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.predictor import Predictor
from cocoqa_keras.export.weight_layout import (
    assign_weights,
    from_keras_lstm,
    lstm_pieces,
    to_keras_lstm,
    weights_of,
)
from cocoqa_keras.layers import PeepholeLSTM
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.models.stage_weights import assign_stage_matrix, stage_matrix
from cocoqa_keras.models.zoo import list_models
from cocoqa_keras.spec import load_spec
from cocoqa_keras.training.costs import cost_of
from cocoqa_keras.training.optimizer import StagewiseSGD

GOLDEN = ["bow", "img_bow", "vis_lstm", "2_vis_blstm"]


# The list of the 2015 program.


@pytest.mark.parametrize("name", GOLDEN)
def test_weights_of_the_2015_program_give_its_outputs(mini, floatx, name):
    spec = load_spec(mini / "models" / f"{name}_mini.model.yml")
    source = mini / f"{name}_mini.w.npy"
    dataset = load_dataset(mini / "data")
    with SparseFeatures(mini / "data" / "hidden_mini.h5") as features:
        model = build_model(spec, DatasetInfo.of(dataset, features))
        assign_weights(spec, model, read_weights(source), str(source))
        outputs = Predictor(model).predict(BatchReader.for_model(model, dataset.test, features))
    expected = np.load(mini / f"{name}_mini.golden.npz")["phase2/testY"]
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-5)


@pytest.fixture
def make(tiny_spec, tiny_dataset, tiny_features):
    """Makes a narrow model of the package, and its model file."""

    def make(name, seed=0, overrides=None):
        spec = tiny_spec(name, overrides).shift_seeds(seed)
        return spec, build_model(spec, DatasetInfo.of(tiny_dataset, tiny_features))

    return make


def arrays_of(model):
    return [np.array(weight) for weight in model.get_weights()]


def assert_same(left, right):
    for one, other in zip(left, right, strict=True):
        if isinstance(one, list):  # the entries of a graph's stages
            assert_same(one, other)
            continue
        assert np.shape(one) == np.shape(other)
        assert getattr(one, "dtype", int) == getattr(other, "dtype", int)
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", list_models())
def test_a_file_of_weights_gives_every_model_back_exactly(make, tmp_path, floatx, name):
    spec, model = make(name)
    _, other = make(name, seed=50)
    write_weights(tmp_path / "x.w.npy", weights_of(spec, model))
    entries = read_weights(tmp_path / "x.w.npy")
    assert {entry.dtype.name for entry in entries if isinstance(entry, np.ndarray)} == {floatx}
    assert not all(np.array_equal(a, b) for a, b in zip(arrays_of(model), arrays_of(other), strict=True))
    assign_weights(spec, other, entries, "x.w.npy")
    assert_same(arrays_of(other), arrays_of(model))
    assert_same(weights_of(spec, other), entries)


@pytest.mark.parametrize("name", list_models())
def test_a_double_holds_single_precision_weights_exactly(make, name):
    spec, model = make(name)
    expected = arrays_of(model)
    doubles = weights_of(spec, model, "float64")
    assert {entry.dtype for entry in doubles if isinstance(entry, np.ndarray)} == {np.dtype("float64")}
    _, other = make(name, seed=50)
    assign_weights(spec, other, doubles, "x.w.npy")
    assert_same(arrays_of(other), expected)


def test_there_is_an_entry_for_each_stage_and_0_for_those_without_weights(make):
    spec, model = make("vis_lstm")
    shapes = dict(
        zip([stage.name for stage in spec.stages], map(np.shape, weights_of(spec, model)), strict=True)
    )
    assert {name: shape for name, shape in shapes.items() if shape} == {
        "imgMap": (10, 5),
        "txtDict": (9, 5),
        "lstm": (4 * 5 + 7 * 3 + 4, 3),
        "softmax": (4, 4),
    }


def test_frozen_weights_are_0_and_stay_as_they_are(make):
    freeze = {"txtDict.learningRate": "0"}
    spec, model = make("bow", overrides=freeze)
    entries = weights_of(spec, model)
    assert [np.shape(entry) for entry in entries if isinstance(entry, np.ndarray)] == [(6, 4)]
    _, other = make("bow", seed=50, overrides=freeze)
    frozen = np.array(other.get_layer("txtDict").embeddings)
    assign_weights(spec, other, entries, "x.w.npy")
    np.testing.assert_array_equal(other.get_layer("txtDict").embeddings, frozen)
    np.testing.assert_array_equal(other.get_layer("softmax").kernel, entries[-1])


@pytest.fixture
def trained(make, tiny_dataset):
    """Makes bow and trains it for some steps of one example each, so that rows are left moving."""

    def train(settles=False, overrides=None):
        spec, model = make("bow", overrides=overrides)
        model.compile(StagewiseSGD.from_spec(spec), cost_of(spec), jit_compile=False)
        for row in range(6):
            take_step(model, tiny_dataset.train, row)
            if settles:
                model.optimizer.settle()
        return spec, model

    return train


def take_step(model, examples, row):
    rows = slice(row, row + 1)
    model.train_on_batch({"question": examples.questions[rows]}, examples.answers[rows])


def test_rows_that_still_move_are_written_where_they_are_by_now(trained):
    for lazy, eager in zip(weights_of(*trained()), weights_of(*trained(settles=True)), strict=True):
        np.testing.assert_allclose(lazy, eager, rtol=1e-5, atol=1e-7)


def test_weights_that_are_assigned_in_training_are_not_moved_by_what_was(make, trained, tiny_dataset):
    spec, model = trained()
    _, fresh = make("bow", seed=50)
    entries = weights_of(spec, fresh)
    assign_weights(spec, model, entries, "x.w.npy")
    assert_same(weights_of(spec, model), entries)
    inputs = {"question": tiny_dataset.train.questions}
    np.testing.assert_array_equal(model.predict(inputs, verbose=0), fresh.predict(inputs, verbose=0))


def test_weights_that_are_assigned_in_training_are_clipped_by_their_own_norm(trained, tiny_dataset):
    spec, model = trained(overrides={"txtDict.weightClip": "1"})
    entries = weights_of(spec, model)
    entries[2] = entries[2] * 100
    assign_weights(spec, model, entries, "x.w.npy")
    take_step(model, tiny_dataset.train, 6)
    assert np.linalg.norm(weights_of(spec, model)[2]) == pytest.approx(1, rel=1e-5)


# Lists that do not fit.


def spoiled(change):
    def spoil(entries):
        change(entries)
        return entries

    return spoil


def put(position, entry):
    return spoiled(lambda entries: entries.__setitem__(position, entry))


def with_number(value):
    return spoiled(lambda entries: entries[-1].__setitem__((0, 0), value))


# The stages of bow: txtSel txtUnfold txtDict txtFold bow softmax
MISFITS = {
    "too few": (lambda entries: entries[:-1], "has 6 stages, from 'txtSel' to 'softmax', found weights of 5"),
    "too many": (lambda entries: [*entries, 0], "found weights of 7"),
    "none": (lambda entries: [], "found weights of 0"),
    "another shape": (
        put(-1, np.zeros((6, 5))),
        "stage 'softmax': expected weights of shape (6, 4), found weights of shape (6, 5)",
    ),
    "transposed": (put(-1, np.zeros((4, 6))), "stage 'softmax': expected weights of shape (6, 4), found"),
    "no weights": (
        put(2, 0),
        "stage 'txtDict': expected weights of shape (9, 5), found 0 (no weights, or frozen ones)",
    ),
    "weights where there are none": (
        put(0, np.zeros((9, 5))),
        "stage 'txtSel': expected 0 (no weights, or frozen ones), found weights of shape (9, 5)",
    ),
    "not a number": (with_number(np.nan), "stage 'softmax': expected finite numbers of float32"),
    "infinite": (with_number(-np.inf), "stage 'softmax': expected finite numbers of float32"),
    "beyond float32": (with_number(1e300), "stage 'softmax': expected finite numbers of float32"),
}


@pytest.mark.parametrize(("spoil", "message"), MISFITS.values(), ids=MISFITS)
def test_weights_that_do_not_fit_are_refused_and_change_nothing(make, spoil, message):
    spec, model = make("bow")
    entries = spoil(weights_of(spec, make("bow", seed=50)[1], "float64"))
    before = arrays_of(model)
    with pytest.raises(InputError) as caught:
        assign_weights(spec, model, entries, "old.w.npy")
    assert str(caught.value).startswith("old.w.npy: ")
    assert message in str(caught.value)
    assert_same(arrays_of(model), before)


def test_a_frozen_stage_takes_no_weights(make):
    entries = weights_of(*make("bow"))
    spec, model = make("bow", overrides={"softmax.learningRate": "0"})
    with pytest.raises(InputError, match=re.escape("'softmax': expected 0 (no weights, or frozen ones)")):
        assign_weights(spec, model, entries, "old.w.npy")


@pytest.mark.parametrize(
    ("spec_name", "model_name", "stage"), [("lstm", "bow", "lstm"), ("bow", "lstm", "lstm")]
)
def test_another_models_file_is_refused_by_the_stage_that_differs(make, spec_name, model_name, stage):
    spec, model = make(spec_name)[0], make(model_name)[1]
    for use in (
        lambda: weights_of(spec, model),
        lambda: assign_weights(spec, model, [0] * len(spec.stages), "x.w.npy"),
    ):
        with pytest.raises(InputError, match=f"'{stage}'.*; give the model file that it was built from"):
            use()


# The pieces of an LSTM.


def lstm_matrix(width, units, dtype="float64", seed=0):
    shape = (4 * width + 7 * units + 4, units)
    return np.random.RandomState(seed).standard_normal(shape).astype(dtype)


NAMES = [
    *("W_XI", "W_HI", "W_CI", "b_I"),
    *("W_XF", "W_HF", "W_CF", "b_F"),
    *("W_XZ", "W_HZ", "b_Z"),
    *("W_XO", "W_HO", "W_CO", "b_O"),
]


@given(st.integers(1, 7), st.integers(1, 7), st.sampled_from(["float32", "float64"]))
def test_the_pieces_of_an_lstm_are_its_matrix_from_top_to_bottom(width, units, dtype):
    matrix = lstm_matrix(width, units, dtype)
    pieces = lstm_pieces(matrix)
    assert list(pieces) == NAMES
    heights = {"W_X": (width, units), "W_H": (units, units), "W_C": (units, units), "b_": (units,)}
    assert all(piece.shape == heights[name[:-1]] for name, piece in pieces.items())
    assert_same([np.vstack(list(pieces.values()))], [matrix])


def test_writing_to_a_piece_writes_to_the_matrix():
    matrix = lstm_matrix(2, 3)
    lstm_pieces(matrix)["b_F"][:] = 7
    # W_I has 2 + 3 + 3 + 1 rows, and so has W_F.
    assert (matrix == 7).all(axis=1).nonzero()[0].tolist() == [17]


def test_the_pieces_are_those_of_the_gates_of_the_layer():
    layer = PeepholeLSTM(3)
    layer.build((None, None, 2))
    pieces = lstm_pieces(stage_matrix(layer))
    np.testing.assert_array_equal(pieces["W_XI"], layer.input_gate[:2])
    np.testing.assert_array_equal(pieces["W_CF"], layer.forget_gate[5:8])
    np.testing.assert_array_equal(pieces["b_Z"], layer.candidate[5])
    np.testing.assert_array_equal(pieces["W_HO"], layer.output_gate[2:5])


@pytest.mark.parametrize("shape", [(), (28,), (0, 0), (30, 3), (25, 3), (3, 29), (29, 3, 1), (4, 0)])
def test_what_is_no_lstm_has_no_pieces(shape):
    with pytest.raises(InputError, match=re.escape(f"found {shape}")):
        lstm_pieces(np.zeros(shape))


# keras.layers.LSTM.


def without_peepholes(matrix):
    for name, piece in lstm_pieces(matrix).items():
        if name.startswith("W_C"):
            piece[:] = 0
    return matrix


@pytest.mark.parametrize("return_sequences", [False, True])
def test_an_lstm_without_peepholes_is_that_of_keras(floatx, return_sequences):
    matrix = without_peepholes(lstm_matrix(4, 3, floatx))
    ours = PeepholeLSTM(3, return_sequences=return_sequences)
    theirs = keras.layers.LSTM(3, return_sequences=return_sequences)
    for layer in (ours, theirs):
        layer.build((None, None, 4))
    assign_stage_matrix(ours, matrix, "weights")
    theirs.set_weights(to_keras_lstm(matrix))
    sequences = np.random.RandomState(1).standard_normal((5, 7, 4)).astype(floatx)
    tolerance = {"float32": 1e-6, "float64": 1e-14}[floatx]
    np.testing.assert_allclose(ours(sequences), theirs(sequences), rtol=0, atol=tolerance)


def test_an_lstm_of_keras_is_one_of_ours_without_peepholes():
    theirs = keras.layers.LSTM(3, bias_initializer="uniform")
    ours = PeepholeLSTM(3)
    for layer in (ours, theirs):
        layer.build((None, None, 4))
    assign_stage_matrix(ours, from_keras_lstm(theirs.get_weights()), "weights")
    sequences = np.random.RandomState(1).standard_normal((5, 7, 4)).astype("float32")
    np.testing.assert_allclose(ours(sequences), theirs(sequences), rtol=0, atol=1e-6)


@settings(max_examples=25)
@given(st.integers(1, 6), st.integers(1, 6), st.sampled_from(["float32", "float64"]))
def test_keras_and_back_is_exact(width, units, dtype):
    matrix = without_peepholes(lstm_matrix(width, units, dtype))
    weights = to_keras_lstm(matrix)
    assert [part.shape for part in weights] == [(width, 4 * units), (units, 4 * units), (4 * units,)]
    assert_same([from_keras_lstm(weights)], [matrix])


@pytest.mark.parametrize("name", ["W_CI", "W_CF", "W_CO"])
def test_an_lstm_with_peepholes_is_none_of_keras(name):
    matrix = without_peepholes(lstm_matrix(4, 3))
    lstm_pieces(matrix)[name][1, 2] = 1e-30
    with pytest.raises(InputError, match=f"{name} is not zero: a keras.layers.LSTM has no peepholes"):
        to_keras_lstm(matrix)


@pytest.mark.parametrize(
    "shapes",
    [
        [],
        [(4, 12), (3, 12)],
        [(4, 12), (3, 12), (2, 12)],
        [(4, 12), (3, 8), (12,)],
        [(4, 10), (2, 10), (10,)],
        [(12,), (3, 12), (12,)],
        [(4, 12), (3, 12), (12,), (12,)],
    ],
)
def test_weights_of_another_layer_are_no_lstm(shapes):
    with pytest.raises(InputError, match=re.escape(f"found shapes {shapes}")):
        from_keras_lstm([np.zeros(shape) for shape in shapes])
