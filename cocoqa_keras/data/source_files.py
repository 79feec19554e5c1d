"""Files that others publish: found by pattern, read line by line or as JSON."""

import codecs
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from cocoqa_keras.errors import InputError

MAX_LINE_BYTES = 100_000


def only_file(folder: Path, pattern: str, but_not: str | None = None) -> Path:
    """Returns the one file of a folder whose name matches `pattern`, and not `but_not`.

    Raises:
        InputError: there is none, or more than one.
    """
    found = sorted(path for path in folder.glob(pattern) if but_not is None or not path.match(but_not))
    if not found:
        raise InputError(f"{folder}: there is no file {pattern}; fetch the text anew")
    if len(found) > 1:
        names = " and ".join(path.name for path in found[:2])
        raise InputError(f"{folder}: both {names} match {pattern}; give a folder with one of them")
    return found[0]


def read_lines(path: Path) -> Iterator[str]:
    """Reads a text file in UTF-8, with or without the mark (BOM) that some programs put at its start.

    Yields:
        the lines in turn, each with its line break.

    Raises:
        InputError: the file cannot be read, is not UTF-8, or has a line of more than 100 000 bytes.
    """
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                if number == 1:
                    line = line.removeprefix(codecs.BOM_UTF8)
                yield _decode(line, f"{path}, line {number}")
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror}; check the path, or fetch the file anew"
        ) from error


def read_json(path: Path, fields: Collection[str]) -> Any:
    """Reads a JSON file, of whose objects some fields alone are kept, since all take much memory.

    Args:
        path: the file, in UTF-8.
        fields: names of those that are kept, at any depth; those around them have to be among them.

    Raises:
        InputError: the file cannot be read, or is not JSON.
    """

    def kept(found: dict[str, Any]) -> dict[str, Any]:
        return {name: found[name] for name in fields if name in found}

    try:
        return json.loads(path.read_bytes(), object_hook=kept)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; fetch the file anew") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}, line {error.lineno}: not valid JSON ({error.msg}); fetch the file anew"
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON in UTF-8; fetch the file anew") from error


def _decode(line: bytes, where: str) -> str:
    if len(line) > MAX_LINE_BYTES:
        raise InputError(f"{where}: is longer than {MAX_LINE_BYTES} bytes; this is no list of questions")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8 text; save the file as UTF-8") from error
