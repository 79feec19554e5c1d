"""ONNX files: what onnxruntime makes of every model."""

import sys

import pytest
from exit_harness import (
    MODELS,
    assert_refused,
    assert_same_probabilities,
    make_model,
    model_of_unknown_operation,
)

from cocoqa_keras.errors import InputError
from cocoqa_keras.export.onnx import write_onnx


@pytest.fixture
def onnxruntime():
    pytest.importorskip("tf2onnx", reason="ONNX is not checked: pip install 'cocoqa-keras[onnx]'")
    return pytest.importorskip("onnxruntime", reason="ONNX is not checked: pip install onnxruntime")


@pytest.mark.parametrize("name", MODELS)
def test_onnxruntime_gives_the_same_probabilities(name, onnxruntime, tiny_spec, tmp_path):
    model, path = make_model(name, tiny_spec, tmp_path), tmp_path / "model.onnx"
    write_onnx(path, model)
    session = onnxruntime.InferenceSession(path)
    assert_same_probabilities(model, lambda inputs: session.run(["probabilities"], inputs)[0])


def test_inputs_and_output_have_names_types_and_free_sizes(onnxruntime, tiny_spec, tmp_path):
    path = tmp_path / "model.onnx"
    write_onnx(path, make_model("img_bow", tiny_spec, tmp_path))
    session = onnxruntime.InferenceSession(path)
    assert [(value.name, value.type, value.shape) for value in session.get_inputs()] == [
        ("question", "tensor(int32)", ["batch", "words"]),
        ("image", "tensor(float)", ["batch", 10]),
    ]
    (output,) = session.get_outputs()
    assert (output.name, output.type, output.shape[1]) == ("probabilities", "tensor(float)", 4)


def test_an_older_file_is_replaced(onnxruntime, tiny_spec, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"older")
    write_onnx(path, make_model("bow", tiny_spec, tmp_path))
    assert onnxruntime.InferenceSession(path).get_inputs()
    assert {entry.name for entry in tmp_path.iterdir()} == {"model.onnx"}


def test_an_operation_that_onnx_does_not_know_is_named(onnxruntime, tmp_path):
    assert_refused(
        write_onnx, tmp_path / "odd.onnx", model_of_unknown_operation(), "model odd cannot.*Cholesky"
    )


@pytest.mark.parametrize("package", ["onnx", "tf2onnx"])
def test_a_missing_package_is_told(package, monkeypatch, tiny_spec, tmp_path):
    monkeypatch.setitem(sys.modules, package, None)  # it cannot be imported
    model = make_model("bow", tiny_spec, tmp_path)
    assert_refused(write_onnx, tmp_path / "model.onnx", model, r"pip install 'cocoqa-keras\[onnx\]'")


def test_a_place_that_cannot_be_written_is_told(onnxruntime, tiny_spec, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match=r"cannot write .*choose another folder"):
        write_onnx(tmp_path / "file" / "model.onnx", make_model("bow", tiny_spec, tmp_path))
