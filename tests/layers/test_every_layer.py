"""Every layer through the same harness."""

from typing import NamedTuple

import keras
import layer_harness
import numpy as np
import pytest

from cocoqa_keras import layers


class Case(NamedTuple):
    """A layer, made by `make`, and the shapes of its inputs; `largest_id` where they are ids; `positions`
    where the second input holds rows of the first."""

    make: object
    shapes: list
    largest_id: int | None = None
    positions: bool = False


def uniform(seed=1):
    return layers.RandomStateUniform(seed)


def running_sum(remembers=False):
    """One step of a recurrent graph; one that remembers has a state, and sees a step of the input."""
    number, entry, before, seen = (keras.Input((width,)) for width in (1, 3, 4, 3))
    values = layers.AffineMap(4, "tanh", kernel_initializer=uniform())(
        [entry, before, seen] if remembers else entry
    )
    if not remembers:
        return keras.Model([number, entry], [values])
    return keras.Model([number, entry, before, seen], [values, before + values])


CASES = {
    "AffineMap": Case(lambda: layers.AffineMap(4, "tanh", kernel_initializer=uniform()), [(5, 3)]),
    "AffineMap without a bias": Case(lambda: layers.AffineMap(4, use_bias=False), [(5, 2, 3)]),
    "BatchDropout": Case(lambda: layers.BatchDropout(0.5, seed=3), [(5, 2, 3)]),
    "FeatureNormalization": Case(lambda: layers.FeatureNormalization(), [(5, 3)]),
    "LookupTable": Case(lambda: layers.LookupTable(6, 4, uniform()), [(5, 3)], largest_id=6),
    "MatrixConvolution": Case(lambda: layers.MatrixConvolution(4, 2, uniform()), [(5, 6, 3)]),
    "PartMaxPooling": Case(lambda: layers.PartMaxPooling(4), [(5, 6, 3)]),
    "PartMeanPooling": Case(lambda: layers.PartMeanPooling(3), [(5, 6, 3)]),
    "PeepholeLSTM": Case(lambda: layers.PeepholeLSTM(4), [(5, 6, 3)]),
    "PeepholeLSTM of all steps": Case(lambda: layers.PeepholeLSTM(4, return_sequences=True), [(5, 6, 3)]),
    "PeepholeLSTM without an end": Case(
        lambda: layers.PeepholeLSTM(
            4, cut_off_zero_end=False, gate_initializers=[uniform(s) for s in range(4)]
        ),
        [(5, 6, 3)],
    ),
    "AttentionPenalty": Case(lambda: layers.AttentionPenalty(0.5), [(5, 6, 3)]),
    "BankSimilarity": Case(lambda: layers.BankSimilarity(2), [(5, 3)]),
    "ConstantValue": Case(lambda: layers.ConstantValue(0.25, 4), [(5, 3)]),
    "InnerProduct": Case(lambda: layers.InnerProduct(), [(5, 6, 3)]),
    "OrdinalRegression": Case(lambda: layers.OrdinalRegression(4), [(5, 1)]),
    "OrdinalRegression of free ends": Case(lambda: layers.OrdinalRegression(4, False), [(5, 1)]),
    "ProductOfHalves": Case(lambda: layers.ProductOfHalves(), [(5, 2, 4)]),
    "SumOfParts": Case(lambda: layers.SumOfParts(3), [(5, 6)]),
    "SumOfProducts": Case(lambda: layers.SumOfProducts(1, 2.0), [(5, 6, 1), (5, 6, 3)]),
    "SumOfProducts with a gate": Case(lambda: layers.SumOfProducts(1), [(5, 6, 1), (5, 6, 3), (5, 1)]),
    "TrainedMatrix": Case(lambda: layers.TrainedMatrix(4, 2, uniform()), [(5, 3)]),
    "PeepholeLSTM of all steps and their gradients": Case(
        lambda: layers.PeepholeLSTM(4, return_sequences=True, gradient_past_end=True), [(5, 6, 3)]
    ),
    "OneMatrixLSTM": Case(lambda: layers.OneMatrixLSTM(4), [(5, 6, 3)]),
    "OneMatrixLSTM of all steps": Case(
        lambda: layers.OneMatrixLSTM(
            4, return_sequences=True, matrix_initializer=layers.OneMatrixLSTMUniform(1)
        ),
        [(5, 6, 3)],
    ),
    "DistinctIds": Case(lambda: layers.DistinctIds(), [(5, 3)], largest_id=6),
    "JoinSequences": Case(lambda: layers.JoinSequences(), [(5, 6, 3), (5, 1, 3)]),
    "TakeRows": Case(lambda: layers.TakeRows(), [(7, 3), (7, 2)], positions=True),
    "SumOverTime of distinct steps": Case(lambda: layers.SumOverTime(), [(7, 3), (7, 2)], positions=True),
    "ReshapeByExpression": Case(lambda: layers.ReshapeByExpression("(x[0], x[2], -1)"), [(5, 6, 3)]),
    "RecurrentGraph": Case(lambda: layers.RecurrentGraph(running_sum()), [(5, 6, 3)]),
    "RecurrentGraph of all steps": Case(
        lambda: layers.RecurrentGraph(
            running_sum(True), defaults=[0.5], seen_steps=[7], return_sequences=True, cut_off_zero_end=False
        ),
        [(5, 6, 3)],
    ),
    "RecurrentGraph of one input": Case(
        lambda: layers.RecurrentGraph(running_sum(), timespan=4, return_sequences=True), [(5, 3)]
    ),
    "RecurrentGraph of all steps and their gradients": Case(
        lambda: layers.RecurrentGraph(running_sum(), return_sequences=True, gradient_past_end=True),
        [(5, 6, 3)],
    ),
    "Selector": Case(lambda: layers.Selector(1, 3, axis=1), [(5, 6, 3)]),
    "SumOverTime": Case(lambda: layers.SumOverTime(), [(5, 6, 3)]),
    "TimeFinal": Case(lambda: layers.TimeFinal(), [(5, 6, 3)]),
    "TimeFold": Case(lambda: layers.TimeFold(3), [(15, 4)]),
    "TimeFold like another": Case(lambda: layers.TimeFold(), [(5, 4), (5, 1)]),
    "TimeReverse": Case(lambda: layers.TimeReverse(), [(5, 6, 3)]),
    "TimeUnfold": Case(lambda: layers.TimeUnfold(), [(5, 6, 3)]),
}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def arrays_of(case, dtype="float32"):
    random = np.random.RandomState(0)
    if case.largest_id is not None:
        return [random.randint(0, case.largest_id + 1, shape).astype("int32") for shape in case.shapes]
    arrays = [random.standard_normal(shape).astype(dtype) for shape in case.shapes]
    if len(case.shapes[0]) == 3:
        arrays[0][1, 4:] = 0  # a shorter sequence
        arrays[0][2] = 0  # an empty one
    if case.positions:
        arrays[1] = random.randint(0, len(arrays[0]), case.shapes[1]).astype("int32")
    return arrays


def test_every_public_layer_is_in_the_table():
    public = {name for name in layers.__all__ if issubclass(getattr(layers, name), keras.layers.Layer)}
    assert public == {name.split()[0] for name in CASES}


def test_every_layer_can_be_registered_only_once_under_its_name(case):
    layer = case.make()
    assert keras.saving.get_registered_name(type(layer)) == f"cocoqa_keras>{type(layer).__name__}"


def test_config_round_trip(case):
    layer_harness.check_config_round_trip(case.make())


def test_symbolic_promised_and_real_shapes_agree(case, floatx):
    layer_harness.check_shapes_and_dtype(case.make, arrays_of(case, floatx), floatx)


def test_one_compiled_training_step(case, floatx):
    if case in (CASES["DistinctIds"], CASES["ConstantValue"], CASES["TrainedMatrix"]):
        return  # no gradient reaches what is before it
    layer_harness.check_training(case.make, arrays_of(case, floatx))


def test_saved_and_loaded(case, tmp_path):
    layer_harness.check_saving(case.make, arrays_of(case), tmp_path)


def test_exported_and_loaded_by_tensorflow_alone(case, tmp_path):
    layer_harness.check_export(case.make, arrays_of(case), tmp_path)
