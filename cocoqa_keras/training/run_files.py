"""The small files of a run folder, each read and checked by itself."""

import json
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError
from cocoqa_keras.spec.model_spec import ModelSpec, load_spec
from cocoqa_keras.spec.schema import shown
from cocoqa_keras.training.run_summary import RunSummary

Content = TypeVar("Content")


class DataPlaces(NamedTuple):
    """Where the data of a run are.

    Attributes:
        folder: the data folder.
        features: the file of the image features, or None where it is to be looked for.
    """

    folder: Path
    features: Path | None


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


def read_summary(folder: Path) -> RunSummary:
    """Reads `run.json`: versions, data, configuration, training, test figures.

    Raises:
        InputError: it is missing or damaged.
    """
    path = folder / "run.json"
    return parse_json(_SUMMARY, _read(path), str(path))


def find_data(folder: Path, summary: RunSummary, data: Path | None, features: Path | None) -> DataPlaces:
    """The data folder and the image features that a run was trained on, unless others are given.

    Args:
        folder: the run folder, for the error message.
        summary: what its `run.json` tells.
        data: a data folder to use instead, where features are then looked for as well.
        features: a file of image features to use instead.

    Raises:
        InputError: the data of the training are not there any more, or nobody knows where they were.
    """
    if data is not None:
        return DataPlaces(data, features)
    if not summary.data.folder:
        raise InputError(f"{folder / 'run.json'} does not tell what the run was trained on; give --data")
    trained_on = Path(summary.data.folder)
    if not trained_on.is_dir():
        raise InputError(f"{folder}: its data, {trained_on}, are not there; give --data")
    recorded = Path(summary.data.features or "")
    if features is None and recorded.is_file():
        features = recorded
    return DataPlaces(trained_on, features)


def parse_json(kind: TypeAdapter[Content], text: bytes, where: str) -> Content:
    """Reads JSON that a run has left.

    Args:
        kind: what it should be.
        text: the JSON.
        where: the file, and the line if there are several, for the error message.

    Raises:
        InputError: it is something else; the first field that is wrong is named.
    """
    try:
        return kind.validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        field = ".".join(map(str, problem["loc"]))
        place = f"{where}, field {shown(field)}" if field else where
        reason = problem["msg"].removeprefix("Value error, ").removeprefix("Input ").partition(" at line ")[0]
        raise InputError(f"{place}: {reason}; train anew") from error


_SUMMARY = TypeAdapter(RunSummary)


def _read_words(path: Path) -> Vocabulary:
    content = _read_json(path)
    try:
        return Vocabulary(tuple(map(str, content["words"])), int(content["first_id"]))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{path}: expected words and first_id; train anew") from error


def _read_json(path: Path) -> dict[str, Any]:
    text = _read(path)
    try:
        content = json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON; train anew") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected names and values; train anew")
    return content


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
