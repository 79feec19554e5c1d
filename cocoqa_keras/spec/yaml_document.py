"""YAML read as plain data, with the line of every value kept for error messages."""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cocoqa_keras.errors import InputError

LARGEST_FILE = 1 << 20  # bytes; a model file has a few kilobytes
LONGEST_VALUE = 1000  # characters of a number, a word or a file name


class _Loader(yaml.SafeLoader):
    """Plain data only, and no key twice: YAML would silently keep the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key that is not a word", key.start_mark
                )
            if (key.tag, key.value) in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key.value!r} twice", key.start_mark
                )
            seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)

    def construct_scalar(self, node: yaml.ScalarNode) -> Any:
        if isinstance(node, yaml.ScalarNode) and len(node.value) > LONGEST_VALUE:
            raise yaml.constructor.ConstructorError(None, None, "a value that is too long", node.start_mark)
        return super().construct_scalar(node)


@dataclass(frozen=True)
class YamlDocument:
    """One YAML file.

    Attributes:
        path: where it was read from.
        text: the file as it is.
        data: its content as dictionaries, lists, strings, numbers, booleans and None.
        root: its node tree, which knows the lines.
    """

    path: Path
    text: str
    data: Any
    root: yaml.Node | None

    def line(self, location: tuple[str | int, ...]) -> int:
        """The line (from 1) of the value at `location`, or of the innermost part that exists."""
        node, line = self.root, 1
        for step in location:
            node, step_line = _child(node, step)
            if node is None:
                break
            line = step_line
        return line

    def error(self, location: tuple[str | int, ...], message: str) -> InputError:
        """An InputError that opens with the file and the line of `location`."""
        return InputError(f"{self.path}:{self.line(location)}: {message}")


def read_yaml(path: str | Path) -> YamlDocument:
    """Reads a YAML file.

    Raises:
        InputError: the file is missing, unreadable, too large, not UTF-8 or not YAML.
    """
    path = Path(path)
    text = _read_text(path)
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        data = None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise InputError(
            f"{path}:{line}: not valid YAML: {_short(error.problem or error.context)}"
        ) from error
    except (
        yaml.YAMLError,
        RecursionError,
        ArithmeticError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:
        # What the constructors of YAML's types raise on `!!int x` and its like.
        raise InputError(f"{path}: not valid YAML: {_short(error)}") from error
    return YamlDocument(path, text, data, root)


def _short(problem: object) -> str:
    """A message that may quote any amount of the file, on one line."""
    return " ".join(str(problem).split())[:200]


def _read_text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise InputError(f"{path}: {size} bytes is too large for a YAML file of settings")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text; save the file as UTF-8") from error


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, int]:
    """The part of a node that a key or an index leads to, and the line (from 1) on which it is named."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item, item.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == str(step):
                return value, key.start_mark.line + 1
    return None, 0
