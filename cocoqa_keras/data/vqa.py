"""VQA, versions 1 and 2: questions and annotations in JSON."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cocoqa_keras.data.examples import Example, Examples, Parts
from cocoqa_keras.data.question_fields import parse_answer, parse_question
from cocoqa_keras.data.question_types import question_type
from cocoqa_keras.data.source_files import only_file, read_json
from cocoqa_keras.errors import InputError

QUESTIONS_PATTERN, ANNOTATIONS_PATTERN = "*{}*questions.json", "*{}*annotations.json"

_SAME_QUESTIONS = "*MultipleChoice*"  # version 1 has the open-ended questions twice
_FIELDS = ("questions", "annotations", "question_id", "image_id", "question", "multiple_choice_answer")


def read_vqa(folder: Path) -> Parts:
    """Reads VQA.

    The last tenth of its training questions becomes the validation part. Its validation questions, whose
    answers are public, become the test part.

    Args:
        folder: it has `*train*questions.json`, `*train*annotations.json`, `*val*questions.json` and
            `*val*annotations.json`. The answer is the `multiple_choice_answer`.

    Raises:
        InputError: a file is missing or damaged, or questions and annotations do not fit each other.

    Reference: Antol et al. (2015), "VQA: Visual question answering"; Goyal et al. (2017).
    """
    return Parts.of_text(_read_part(folder, "train"), _read_part(folder, "val"))


def _read_part(folder: Path, name: str) -> Examples:
    annotations = only_file(folder, ANNOTATIONS_PATTERN.format(name))
    answers = {
        _integer(entry, "question_id", where): parse_answer(
            _text(entry, "multiple_choice_answer", where), f"{where}, field 'multiple_choice_answer'"
        )
        for where, entry in _entries(annotations, "annotations")
    }
    questions = only_file(folder, QUESTIONS_PATTERN.format(name), but_not=_SAME_QUESTIONS)
    rows = [_example(entry, answers, where) for where, entry in _entries(questions, "questions")]
    if len(rows) != len(answers):
        raise InputError(
            f"{questions} has {len(rows)} questions and {annotations.name} answers "
            f"{len(answers)}; fetch both anew"
        )
    return Examples.of(rows)


def _example(entry: dict[str, Any], answers: dict[int, str], where: str) -> Example:
    words = parse_question(_text(entry, "question", where), f"{where}, field 'question'")
    number = _integer(entry, "question_id", where)
    if number not in answers:
        raise InputError(f"{where}: the annotations have no answer to question {number}; fetch both anew")
    return Example(words, answers[number], str(_integer(entry, "image_id", where)), question_type(words))


def _entries(path: Path, field: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The entries of a list in a JSON file, each with its place for error messages."""
    content = read_json(path, _FIELDS)
    entries = content.get(field) if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise InputError(f"{path}: has no list '{field}'; fetch the file anew")
    for position, entry in enumerate(entries):
        where = f"{path}, {field}[{position}]"
        if not isinstance(entry, dict):
            raise InputError(f"{where}: is not an object with fields; fetch the file anew")
        yield where, entry


def _text(entry: dict[str, Any], field: str, where: str) -> str:
    if not isinstance(entry.get(field), str):
        raise InputError(f"{where}: expected text in the field '{field}'; fetch the file anew")
    return entry[field]


def _integer(entry: dict[str, Any], field: str, where: str) -> int:
    if type(entry.get(field)) is not int or entry[field] < 0:
        raise InputError(f"{where}: expected a number in the field '{field}'; fetch the file anew")
    return entry[field]
