"""Stages whose fields do not go with the shape of what they read: each is refused by name."""

import numpy as np
import pytest
import yaml

from cocoqa_keras.errors import InputError
from cocoqa_keras.layers import BankSimilarity
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.spec import load_spec

PAIR = {"inputs": "input, input"}
AS_EVER = "the size of the last axis must be the same in every batch"
MISFITS = [
    ("selector", (5, 3), {"start": 0, "end": 2, "axis": 3}, "there is no axis 3"),
    ("selector", (5, 3), {"start": 0, "end": 2, "axis": -4}, "there is no axis -4"),
    ("selector", (5, 3), {"start": 7, "end": 9, "axis": 1}, "axis 1 has 5 elements, none of them from 7 on"),
    ("concat", (5, 3), {"axis": 3, **PAIR}, "there is no axis 3"),
    ("concat", (5, 3), {"axis": -4, **PAIR}, "there is no axis -4"),
    ("concat", (5, 3), {"axis": 3}, "there is no axis 3"),
    ("timeUnfold", (3,), {}, "expected ndim=3, found ndim=2"),
    ("timeUnfold", (5, None), {}, AS_EVER),
    ("timeFold", (5, 3), {"timespan": 5}, "expected max_ndim=2, found ndim=3"),
    ("timeReverse", (3,), {}, "expected sequences (N, T, D), got (None, 3)"),
    ("sum2", (3,), {}, "expected sequences (N, T, D), got (None, 3)"),
    ("map", (None,), {"outputDim": 2, "activeFn": "tanh"}, AS_EVER),
    ("map", (), {"outputDim": 2, "activeFn": "tanh"}, AS_EVER),
    ("dropout", (None,), {"dropoutRate": 0.5}, AS_EVER),
    ("normalize", (None,), {"mean": "mean.npy", "std": "std.npy"}, AS_EVER),
    ("sum", (None,), {"numComponents": 2}, AS_EVER),
    ("elemProd", (None,), {}, AS_EVER),
]


@pytest.mark.parametrize(("kind", "input_shape", "fields", "reason"), MISFITS)
def test_a_stage_that_does_not_fit_is_named_in_one_line(tmp_path, kind, input_shape, fields, reason):
    stage = {"name": "it", "type": kind, "inputs": "input", **fields}
    content = {"name": "one", "costFn": "mse", "stages": ["it"], "outputs": "it", "specs": [stage]}
    path = tmp_path / "one.model.yml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(InputError) as caught:
        build_model(load_spec(path), input_shape=input_shape)
    message = str(caught.value)
    assert message.startswith(f"{path}: stage 'it' ({kind}) cannot take its inputs, input ")
    assert reason in message
    assert "\n" not in message


def test_a_bank_of_more_rows_than_there_are_is_refused():
    with pytest.raises(ValueError, match="4 rows are fewer than the 5 of the bank"):
        BankSimilarity(5)(np.ones((4, 3)))
