"""A model as a TFLite file, for LiteRT on phones and small machines."""

import tempfile
from pathlib import Path

import keras
import tensorflow as tf
from tensorflow.lite.python.convert import ConverterError
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from cocoqa_keras.errors import InputError
from cocoqa_keras.export.portable import portable_function
from cocoqa_keras.files import atomic_path, cannot_write


def write_tflite(path: str | Path, model: keras.Model) -> None:
    """Writes a model as TFLite in built-in operations alone, atomically.

    The file has the inputs `question`, int32 (N, T) with 0 as padding, and `image`, float32 (N, D), as far
    as the model takes them, and one output, float32 (N, A). N and T are free: an interpreter is told them
    by `resize_tensor_input`.

    Args:
        path: the file, `.tflite`.
        model: a model of `build_model` that takes a question, an image, or both.

    Raises:
        InputError: the model has an operation that TFLite does not know, or the file cannot be written.
    """
    # As variables, the weights would need an initialization that interpreters do not run.
    frozen = convert_variables_to_constants_v2(portable_function(model).get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen], frozen)
    try:
        content = converter.convert()
    except ConverterError as error:
        raise InputError(f"model {model.name} cannot be written as TFLite: {_reason(error)}") from error
    except OSError as error:  # the converter works in the folder of temporary files, which TMPDIR names
        raise cannot_write(tempfile.gettempdir(), error) from error
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def _reason(error: ConverterError) -> str:
    """The first error of the compiler, of which a page of code follows."""
    return str(error).partition("error: ")[2].partition("\n")[0] or "the converter does not say why"
