"""What commands find by a run folder: its model, and the data that it was trained on."""

from pathlib import Path
from typing import TYPE_CHECKING

from cocoqa_keras.cli.command import quiet_native_code, start_tensorflow
from cocoqa_keras.errors import InputError

if TYPE_CHECKING:
    from cocoqa_keras.evaluation.answerer import Answerer
    from cocoqa_keras.evaluation.image_source import ImageSource
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

    images, decision = _open_images(finished, data, features), finished.spec.decision_fn
    return Answerer(finished.model, finished.question_words, finished.answers, images, decision)


def _open_images(finished: "Run", data: Path | None, features: Path | None) -> "ImageSource | None":
    if "image" not in finished.model.input and features is None:
        return None  # wherever its data are by now
    from cocoqa_keras.evaluation.image_source import ImageSource
    from cocoqa_keras.training.run_files import find_data

    return ImageSource.open(finished.spec, *find_data(finished.folder, finished.summary, data, features))
