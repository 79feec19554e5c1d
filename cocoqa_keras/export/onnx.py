"""A model as an ONNX file, for runtimes without TensorFlow."""

from pathlib import Path

import keras

from cocoqa_keras.errors import InputError
from cocoqa_keras.export.portable import portable_function
from cocoqa_keras.files import atomic_path

OPSET = 18
_FREE_SIZES = {"question": ("batch", "words"), "image": ("batch",)}


def write_onnx(path: str | Path, model: keras.Model) -> None:
    """Writes a model as ONNX, atomically.

    The file has the inputs `question`, int32 (N, T) with 0 as padding, and `image`, float32 (N, D), as far as
    the model takes them, and the output `probabilities`, float32 (N, A). N and T are free.

    Args:
        path: the file, `.onnx`.
        model: a model of `build_model` that takes a question, an image, or both.

    Raises:
        InputError: packages are missing, the model has an operation that ONNX does not know, or the file
            cannot be written.
    """
    try:
        import onnx
        import tf2onnx
    except ImportError as error:
        raise InputError("ONNX needs more packages: pip install 'cocoqa-keras[onnx]'") from error
    function = portable_function(model)
    content, _ = tf2onnx.convert.from_function(function, list(function.input_signature), opset=OPSET)
    try:
        onnx.checker.check_model(content)
    except onnx.checker.ValidationError as error:
        # Operations that it does not know, tf2onnx passes on as they are.
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"model {model.name} cannot be written as ONNX: {reason}") from error
    for value in content.graph.input:
        for dimension, name in zip(value.type.tensor_type.shape.dim, _FREE_SIZES[value.name], strict=False):
            dimension.dim_param = name
    with atomic_path(path) as temporary:
        temporary.write_bytes(content.SerializeToString())
