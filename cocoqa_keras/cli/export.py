"""cocoqa-export: from a trained run, or from weights alone, to files for other programs."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from typer import Argument, Option

from cocoqa_keras.cli.command import command, run, start_tensorflow
from cocoqa_keras.cli.next_steps import print_next
from cocoqa_keras.cli.options import DEFAULT_DATA, Dtype
from cocoqa_keras.cli.output import print_line
from cocoqa_keras.cli.run_folder import open_run
from cocoqa_keras.errors import InputError
from cocoqa_keras.files import atomic_path, check_replaceable

if TYPE_CHECKING:
    import keras

    from cocoqa_keras.data.vocabulary import Vocabulary
    from cocoqa_keras.spec.model_spec import ModelSpec


class Format(StrEnum):
    """What can be written."""

    SAVED_MODEL = "saved_model"
    KERAS = "keras"
    ONNX = "onnx"
    TFLITE = "tflite"
    WEIGHTS = "weights"


DEFAULT_NAMES = {
    Format.SAVED_MODEL: "saved_model",
    Format.KERAS: "inference.keras",
    Format.ONNX: "model.onnx",
    Format.TFLITE: "model.tflite",
    Format.WEIGHTS: "model.w.npy",
}


class _Trained(NamedTuple):
    """What is exported."""

    spec: "ModelSpec"
    model: "keras.Model"
    question_words: "Vocabulary"
    answers: "Vocabulary"


def export(
    run_folder: Annotated[
        Path | None, Argument(metavar="RUN", help="Folder of a finished run; or give --weights.")
    ] = None,
    output: Annotated[
        Path | None, Option(help="What to write; by default saved_model, model.onnx, ... in the run folder.")
    ] = None,
    format_: Annotated[
        Format,
        Option(
            "--format",
            help="SavedModel, model for Keras without optimizer, ONNX, TFLite, or the 2015 program's .w.npy.",
        ),
    ] = Format.SAVED_MODEL,
    dtype: Annotated[
        Dtype | None, Option(help="Precision of --format weights; by default the model's.")
    ] = None,
    weights: Annotated[
        Path | None, Option(help="Weights in the 2015 program's layout (.w.npy), in place of a run.")
    ] = None,
    spec: Annotated[
        str | None, Option(help="With --weights: a model file, or the name of a model such as img_bow.")
    ] = None,
    data: Annotated[
        Path | None, Option(help=f"With --weights: folder of the encoded data.  [default: {DEFAULT_DATA}]")
    ] = None,
    features: Annotated[
        Path | None, Option(help="With --weights: image features (HDF5) instead of the model file's.")
    ] = None,
) -> None:
    """Write a trained model for other programs.

    A SavedModel answers questions as they are typed, and needs TensorFlow alone. It replaces an older one
    of that name.
    """
    if (run_folder is None) == (weights is None):
        raise InputError("give the folder of a run, or --weights FILE.w.npy; one of them")
    if dtype is not None and format_ is not Format.WEIGHTS:
        raise InputError("--dtype goes with --format weights; other formats have a precision of their own")
    if format_ is Format.KERAS and output is not None and output.suffix != ".keras":
        raise InputError(f"--output {output}: Keras asks for a name that ends with .keras")
    if format_ is Format.SAVED_MODEL and output is not None:
        check_replaceable(output, "a SavedModel", mark="saved_model.pb")
    if run_folder is not None:
        if spec or data or features:
            raise InputError("--spec, --data and --features go with --weights; a run knows its own")
        output = output or run_folder / DEFAULT_NAMES[format_]
        trained = _read_run(run_folder)
    else:
        if spec is None or output is None:
            raise InputError("--weights also needs --spec, the model file, and --output, what to write")
        if format_ is Format.WEIGHTS:
            raise InputError(f"{weights} is in the layout of --format weights already")
        trained = _read_weights(weights, spec, data or DEFAULT_DATA, features)
    if format_ is Format.WEIGHTS:
        _write_weights(output, trained, dtype)
    else:
        _write_model(format_, output, trained)
    print_line(f"Wrote {output}")
    if format_ is Format.SAVED_MODEL:
        print_next(("cocoqa-serve", output))


def _read_run(folder: Path) -> _Trained:
    finished = open_run(folder)
    return _Trained(finished.spec, finished.model, finished.question_words, finished.answers)


def _read_weights(path: Path, model_name: str, data: Path, features: Path | None) -> _Trained:
    """The model that a file of weights, a model file and a data set make together."""
    from cocoqa_keras.data.dataset import load_dataset
    from cocoqa_keras.data.formats import read_weights
    from cocoqa_keras.models.image_features import open_features
    from cocoqa_keras.models.zoo import load_spec

    entries = read_weights(path)
    spec = load_spec(model_name)
    dataset = load_dataset(data)
    image_features = open_features(spec, data, features)
    start_tensorflow()
    from cocoqa_keras.export.weight_layout import assign_weights
    from cocoqa_keras.models.builder import build_model
    from cocoqa_keras.models.sizes import DatasetInfo

    model = build_model(spec, DatasetInfo.of(dataset, image_features))
    assign_weights(spec, model, entries, str(path))
    return _Trained(spec, model, dataset.question_words, dataset.answers)


def _write_weights(path: Path, trained: _Trained, dtype: Dtype | None) -> None:
    from cocoqa_keras.data.formats import write_weights
    from cocoqa_keras.export.weight_layout import weights_of

    write_weights(path, weights_of(trained.spec, trained.model, dtype))


def _write_model(format_: Format, path: Path, trained: _Trained) -> None:
    match format_:
        case Format.SAVED_MODEL:
            from cocoqa_keras.export.saved_model import write_saved_model

            decision = trained.spec.decision_fn
            write_saved_model(path, trained.model, trained.question_words, trained.answers, decision)
        case Format.KERAS:
            from cocoqa_keras.export.saved_model import inference_copy

            with atomic_path(path) as temporary:
                inference_copy(trained.model).save(temporary)
        case Format.ONNX:
            from cocoqa_keras.export.onnx import write_onnx

            write_onnx(path, trained.model)
        case Format.TFLITE:
            from cocoqa_keras.export.tflite import write_tflite

            write_tflite(path, trained.model)


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run(command(export), argv)
