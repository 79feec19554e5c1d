"""The small files of a run folder, each read and checked by itself."""

import json
from pathlib import Path
from typing import Any

from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError
from cocoqa_keras.spec.model_spec import ModelSpec, load_spec


def find_model(folder: Path) -> Path:
    """The file of the trained model.

    Raises:
        InputError: the folder is not that of a finished run.
    """
    path = folder / "model.keras"
    if not path.is_file():
        raise InputError(f"{folder} is not the folder of a finished run: it has no model.keras")
    return path


def read_spec(folder: Path, overrides: dict[str, str] | None = None) -> ModelSpec:
    """Reads the model file.

    Args:
        folder: the run folder.
        overrides: `stage.field` -> value, set before the file is checked.

    Raises:
        InputError: it is missing, not the only one, or damaged.
    """
    paths = list(folder.glob("*.model.yml"))
    if len(paths) != 1:
        raise InputError(f"{folder}: expected one file *.model.yml, found {len(paths)}; train anew")
    return load_spec(paths[0], overrides)


def read_vocabularies(folder: Path) -> tuple[Vocabulary, Vocabulary]:
    """Reads `vocabulary.json`, the words of questions, and `answers.json`, in order of the model's outputs.

    Raises:
        InputError: one is missing or damaged.
    """
    return _read_words(folder / "vocabulary.json"), _read_words(folder / "answers.json")


def read_summary(folder: Path) -> dict[str, Any]:
    """Reads `run.json`: versions, data, configuration, training, test figures.

    Raises:
        InputError: it is missing or damaged.
    """
    path = folder / "run.json"
    summary = _read_json(path)
    for field in ("data", "test"):
        if not isinstance(summary.get(field, {}), dict):
            raise InputError(f"{path}, {field}: expected names and values; train anew")
    return summary


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
