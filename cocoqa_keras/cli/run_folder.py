"""What commands find by a run folder: its model, and the data that it was trained on."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cocoqa_keras.cli.command import quiet_native_code, start_tensorflow
from cocoqa_keras.cli.options import DEFAULT_DATA
from cocoqa_keras.errors import InputError

if TYPE_CHECKING:
    from cocoqa_keras.evaluation.answerer import Answerer
    from cocoqa_keras.training.run import Run


def named(run: Path) -> str:
    """A run as NAME=RUN, called as its folder is; `=` would end the name."""
    return f"{run.resolve().name.replace('=', '-')}={run}"


def find_saved_model(folder: Path) -> Path:
    """The SavedModel that a folder is, or that it has as a run folder.

    Raises:
        InputError: there is none.
    """
    for path in (folder, folder / "saved_model"):
        if (path / "saved_model.pb").is_file():
            return path
    hint = f"; make it by cocoqa-export {folder}" if (folder / "model.keras").is_file() else ""
    raise InputError(f"{folder} holds no SavedModel{hint}")


def trained_on(summary: dict[str, Any], data: Path | None, features: Path | None) -> tuple[Path, Path | None]:
    """The data folder and the image features of a run's training, unless others are given.

    Args:
        summary: the content of `run.json`.
        data: a data folder to use instead, where features are then looked for as well.
        features: a file of image features to use instead.

    Returns:
        the data folder; and the features, or None where they are to be looked for.
    """
    if data is not None:
        return data, features
    recorded = summary.get("data", {})
    recorded_features = Path(recorded.get("features") or "")
    if features is None and recorded_features.is_file():
        features = recorded_features
    return Path(recorded.get("folder") or DEFAULT_DATA), features


def open_run(folder: Path) -> "Run":
    """A finished run.

    Raises:
        InputError: the folder is not that of a run, or damaged.
    """
    from cocoqa_keras.training.run_files import find_model

    find_model(folder)  # before TensorFlow is imported, which takes seconds
    start_tensorflow()
    with quiet_native_code():
        from cocoqa_keras.training.run import load_run

        return load_run(folder)


def open_answerer(folder: Path, data: Path | None, features: Path | None) -> "Answerer":
    """A run's model, with the images that it was trained on unless others are given.

    Raises:
        InputError: the folder is not that of a run, or its data or features are not there.
    """
    finished = open_run(folder)
    from cocoqa_keras.evaluation.answerer import Answerer
    from cocoqa_keras.evaluation.image_source import ImageSource

    images = ImageSource.open(finished.spec, *trained_on(finished.summary, data, features))
    decision = finished.spec.decision_fn
    return Answerer(finished.model, finished.question_words, finished.answers, images, decision)
