"""A stage's weights as the one matrix of weight files."""

import keras
import numpy as np
import pytest

from cocoqa_keras.errors import InputError
from cocoqa_keras.layers import (
    AffineMap,
    BatchDropout,
    InnerProduct,
    LookupTable,
    OrdinalRegression,
    PeepholeLSTM,
    Selector,
)
from cocoqa_keras.models.stage_weights import assign_stage_matrix, stage_matrix


def built(layer, shape):
    layer.build(shape)
    return layer


LAYERS = {
    "map": (lambda: built(AffineMap(2, name="it"), (None, 3)), (4, 2)),
    "table": (lambda: built(LookupTable(5, 2, name="it"), (None,)), (5, 2)),
    "single number": (lambda: built(InnerProduct(name="it"), (None, 2, 3)), ()),
    "ordinal": (lambda: built(OrdinalRegression(4, name="it"), (None, 1)), (2, 4)),
    "lstm": (lambda: built(PeepholeLSTM(2, name="it"), (None, None, 3)), (3 * 8 + 6, 2)),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_a_matrix_that_is_assigned_is_read_back(kind):
    make, shape = LAYERS[kind]
    layer = make()
    matrix = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    assign_stage_matrix(layer, matrix, "weights")
    np.testing.assert_array_equal(stage_matrix(layer), matrix)


def test_the_gates_of_an_lstm_are_stacked_in_the_order_i_f_z_o():
    layer = LAYERS["lstm"][0]()
    for number, gate in enumerate((layer.input_gate, layer.forget_gate, layer.candidate, layer.output_gate)):
        gate.assign(np.full(gate.shape, number))
    np.testing.assert_array_equal(stage_matrix(layer)[:, 0], [0] * 8 + [1] * 8 + [2] * 6 + [3] * 8)


def test_layers_without_weights_or_with_frozen_ones_have_none():
    frozen = LAYERS["map"][0]()
    frozen.trainable = False
    for layer in (
        Selector(0, 1),
        frozen,
        built(BatchDropout(0.5), (None, 3)),
        keras.Input((3,))._keras_history[0],
    ):
        assert stage_matrix(layer) is None


@pytest.mark.parametrize("shape", [(5, 2), (4, 3), (8,), (2, 4)])
def test_a_matrix_of_another_shape_names_source_stage_and_both_shapes(shape):
    with pytest.raises(InputError) as caught:
        assign_stage_matrix(LAYERS["map"][0](), np.zeros(shape), "old.w.npy")
    assert str(caught.value) == f"old.w.npy: stage 'it' has weights of shape (4, 2), found {shape}"


def test_a_frozen_layer_takes_a_matrix():
    layer = LAYERS["map"][0]()
    layer.trainable = False
    assign_stage_matrix(layer, np.ones((4, 2)), "weights")
    assert (layer.kernel.numpy() == 1).all()


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_a_single_number_may_come_in_any_shape(shape):
    layer = LAYERS["single number"][0]()
    assign_stage_matrix(layer, np.full(shape, 2.5), "weights")
    assert stage_matrix(layer) == 2.5
    with pytest.raises(InputError, match=r"weights of shape \(\), found \(2,\)"):
        assign_stage_matrix(layer, np.zeros(2), "weights")
