"""TFLite files: what LiteRT makes of every model."""

import pytest
from exit_harness import (
    MODELS,
    RECURRENT_GRAPHS,
    assert_refused,
    assert_same_probabilities,
    make_model,
    model_of_unknown_operation,
)

from cocoqa_keras.errors import InputError
from cocoqa_keras.export.tflite import write_tflite


@pytest.fixture
def interpreter():
    module = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="TFLite is not checked: pip install ai-edge-litert"
    )
    return module.Interpreter


def runner(interpreter):
    """Sets the sizes of a batch, and runs it."""
    tensors = {value["name"]: value["index"] for value in interpreter.get_input_details()}
    (output,) = interpreter.get_output_details()

    def run(inputs):
        assert set(tensors) == set(inputs)
        for name, value in inputs.items():
            interpreter.resize_tensor_input(tensors[name], value.shape)
        interpreter.allocate_tensors()
        for name, value in inputs.items():
            interpreter.set_tensor(tensors[name], value)
        interpreter.invoke()
        return interpreter.get_tensor(output["index"])

    return run


@pytest.mark.parametrize("name", [name for name in MODELS if name not in RECURRENT_GRAPHS])
def test_litert_gives_the_same_probabilities(name, interpreter, tiny_spec, tmp_path):
    model, path = make_model(name, tiny_spec, tmp_path), tmp_path / "model.tflite"
    write_tflite(path, model)
    assert_same_probabilities(model, runner(interpreter(str(path))))


@pytest.mark.parametrize("name", RECURRENT_GRAPHS)
def test_a_recurrent_graph_is_refused(name, tiny_spec, tmp_path):
    model = make_model(name, tiny_spec, tmp_path)
    assert_refused(write_tflite, tmp_path / "graph.tflite", model, f"{name} cannot be.*TFLite.*TensorList")


def test_an_operation_that_tflite_does_not_know_is_named(tmp_path):
    assert_refused(
        write_tflite, tmp_path / "odd.tflite", model_of_unknown_operation(), "model odd cannot.*Cholesky"
    )


def test_a_place_that_cannot_be_written_is_told(tiny_spec, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match=r"cannot write .*choose another folder"):
        write_tflite(tmp_path / "file" / "model.tflite", make_model("bow", tiny_spec, tmp_path))
