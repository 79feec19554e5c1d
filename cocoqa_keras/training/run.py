"""A finished run, read back from its folder alone."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

# The classes that a saved model names are registered when these are imported.
from cocoqa_keras import layers  # noqa: F401
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError
from cocoqa_keras.spec.model_spec import ModelSpec, load_spec
from cocoqa_keras.training import costs, optimizer  # noqa: F401


@dataclass(frozen=True)
class Run:
    """A trained model and the words it knows.

    Attributes:
        folder: the run folder.
        spec: the model file.
        model: the trained model, compiled.
        question_words: the words of questions.
        answers: the answers, in order of the model's outputs.
        summary: the content of `run.json`: versions, data, configuration, training, test figures.
    """

    folder: Path
    spec: ModelSpec
    model: keras.Model
    question_words: Vocabulary
    answers: Vocabulary
    summary: dict[str, Any]


def load_run(folder: str | Path) -> Run:
    """Reads a run folder that training has left.

    Raises:
        InputError: it is not a run folder, or a file of it is missing or damaged.
    """
    folder = Path(folder)
    path = folder / "model.keras"
    if not path.is_file():
        raise InputError(f"{folder} is not the folder of a finished run: it has no model.keras")
    try:
        model = keras.saving.load_model(path)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, zipfile.BadZipFile) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"{path}: cannot be loaded ({reason}); train anew") from error
    return Run(
        folder=folder,
        spec=load_spec(_only_file(folder, "*.model.yml")),
        model=model,
        question_words=_read_words(folder / "vocabulary.json"),
        answers=_read_words(folder / "answers.json"),
        summary=_read_json(folder / "run.json"),
    )


def _only_file(folder: Path, pattern: str) -> Path:
    paths = list(folder.glob(pattern))
    if len(paths) != 1:
        raise InputError(f"{folder}: expected one file {pattern}, found {len(paths)}; train anew")
    return paths[0]


def _read_words(path: Path) -> Vocabulary:
    content = _read_json(path)
    try:
        return Vocabulary(tuple(map(str, content["words"])), int(content["first_id"]))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{path}: expected words and first_id; train anew") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON; train anew") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected names and values; train anew")
    return content
