"""Questions of your own, as JSON lines or CSV."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cocoqa_keras.data.examples import Example, Examples, Parts
from cocoqa_keras.data.held_out import hold_out
from cocoqa_keras.data.image_names import image_name
from cocoqa_keras.data.question_fields import parse_answer, parse_question, parse_type
from cocoqa_keras.data.question_types import question_type
from cocoqa_keras.data.source_files import read_lines
from cocoqa_keras.errors import InputError
from cocoqa_keras.suggestion import suggestion

SUFFIXES = (".jsonl", ".csv")
REQUIRED_FIELDS = ("question", "answer", "image")
OPTIONAL_FIELDS = ("type", "split")
SPLITS = ("train", "valid", "test")
HELD_OUT_SHARE = 0.1

Record = dict[str, str]


def read_own_questions(path: Path, held_out: float | None = None) -> Parts:
    """Reads questions from a `.jsonl` file (an object a line) or a `.csv` file (fields named in line 1).

    Fields are `question`, `answer`, `image` (a picture's file name or number; see `image_name`) and, as you
    like, `type` (object, number, color, location, or 0 to 3; `question_type` guesses it otherwise) and
    `split` (train, valid or test, of all questions or none). A part that no question names is held out of the
    training questions; see `hold_out`.

    Args:
        path: the file.
        held_out: the share of all questions in each held-out part, 0.1 by default; 0 leaves them empty.

    Raises:
        InputError: a line is not as it should be; there are too few images to hold some out; or a share is
            given, and all parts are named.
    """
    rows: dict[str, list[Example]] = {split: [] for split in SPLITS}
    names_splits = None
    records = _read_csv(path) if path.suffix.lower() == ".csv" else _read_json_lines(path)
    for where, record in records:
        split = _parse_split(record, where)
        if names_splits is None:
            names_splits = bool(split)
        elif names_splits != bool(split):
            raise InputError(f"{where}: give all questions a 'split', or none; the first one's is otherwise")
        rows[split or "train"].append(_example(record, where))
    parts = {split: Examples.of(part) for split, part in rows.items()}
    return _fill_parts(path, parts, held_out)


def _fill_parts(path: Path, parts: dict[str, Examples], share: float | None) -> Parts:
    empty = [split for split in ("test", "valid") if not parts[split]]
    if share is not None and not empty:
        raise InputError(
            f"{path}: its questions name all three parts, so nothing is held out; leave --held-out away"
        )
    share = HELD_OUT_SHARE if share is None else share
    total = sum(map(len, parts.values()))
    for split in empty:
        parts["train"], parts[split] = hold_out(parts["train"], _count(share, total))
    if not parts["train"]:
        raise InputError(
            f"{path}: no question is left for training; add questions about more images, "
            "or hold out none (--held-out 0)"
        )
    return Parts(**parts)


def _count(share: float, total: int) -> int:
    return max(1, round(share * total)) if share else 0


def _example(record: Record, where: str) -> Example:
    words = parse_question(record["question"], f"{where}, field 'question'")
    answer = parse_answer(record["answer"], f"{where}, field 'answer'")
    kind = record.get("type")
    return Example(
        words,
        answer,
        _parse_image(record["image"], f"{where}, field 'image'"),
        parse_type(kind, f"{where}, field 'type'") if kind else int(question_type(words)),
    )


def _parse_image(text: str, where: str) -> str:
    name = image_name(text.strip())
    if not name or not name.isprintable():
        raise InputError(f"{where}: is not the file name or the number of a picture; write one there")
    return name


def _parse_split(record: Record, where: str) -> str:
    split = record.get("split", "").strip().lower()
    if split and split not in SPLITS:
        raise InputError(f"{where}, field 'split': is not one of {', '.join(SPLITS)}; mend the line")
    return split


def _read_json_lines(path: Path) -> Iterator[tuple[str, Record]]:
    for number, line in enumerate(read_lines(path), 1):
        where = f"{path}, line {number}"
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{where}: is not JSON; put an object such as "
                '{"question": "...", "answer": "...", "image": "1.jpg"} on each line'
            ) from error
        if not isinstance(fields, dict):
            raise InputError(f"{where}: is not an object with the fields {', '.join(REQUIRED_FIELDS)}")
        _check_fields(list(fields), where)
        yield where, {name: _as_text(value, f"{where}, field '{name}'") for name, value in fields.items()}


def _as_text(value: Any, where: str) -> str:
    if value is None:
        return ""
    if type(value) not in (str, int):
        raise InputError(f"{where}: is neither text nor a whole number; mend the line")
    return str(value)


def _read_csv(path: Path) -> Iterator[tuple[str, Record]]:
    rows = csv.reader(read_lines(path), strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        _check_fields(header, f"{path}, line 1")
        for row in rows:
            where = f"{path}, line {rows.line_num}"
            if len(row) not in (0, len(header)):
                raise InputError(
                    f"{where}: has {len(row)} fields and line 1 names {len(header)}; mend the line"
                )
            if row:
                yield where, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise InputError(f"{path}, line {rows.line_num}: {error}; mend the line") from error


def _check_fields(names: Sequence[str], where: str) -> None:
    known = REQUIRED_FIELDS + OPTIONAL_FIELDS
    for name in names:
        if name not in known:
            raise InputError(f"{where}: unknown field {name[:40]!r}{suggestion(name, known)}")
        if names.count(name) > 1:
            raise InputError(f"{where}: the field '{name}' is there twice; take one out")
    for name in REQUIRED_FIELDS:
        if name not in names:
            raise InputError(f"{where}: the field '{name}' is missing; add it")
