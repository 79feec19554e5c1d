"""Reads pickles without running anything that they name.

A pickle is a program for a small stack machine, and Python's own machine calls whatever functions
the file names. The machine below knows the instructions that a list, a dictionary, a string, a
number or a numpy array needs, and builds these itself: it has no way to call or import anything.
It reads what Python 2.7 with numpy 1.9 wrote (protocols 0 to 2), what `python2_pickle` writes, and
the same values as written by Python 3 (protocols 3 to 5).

Time and memory are bounded by the size of the file: every value comes from bytes that are in the
file, arrays are views of these bytes, and the number of instructions is capped.
"""

import math
import os
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, NoReturn

import numpy as np

from cocoqa_keras.errors import InputError

MAX_BYTES = 512 * 2**20
MAX_INSTRUCTIONS = 5_000_000
MAX_DIMENSIONS = 32


def load(path: str | Path) -> Any:
    """Reads the pickle file `path`; see `loads` for what may be in it.

    Raises:
        InputError: the file is missing, larger than 512 MiB, or not such a pickle.
    """
    try:
        with Path(path).open("rb") as file:
            return loads(read_rest(file, str(path)), str(path))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def read_rest(file: BinaryIO, name: str) -> bytes:
    """The rest of a file that holds a pickle.

    Raises:
        InputError: it is larger than 512 MiB.
    """
    size = os.fstat(file.fileno()).st_size - file.tell()
    if size > MAX_BYTES:
        raise InputError(f"{name}: larger than {MAX_BYTES // 2**20} MiB, the most that a pickle may have")
    return file.read(size)  # asked for more, Python would set the memory aside at once


def loads(content: bytes, name: str) -> Any:
    """Reads a pickle held in memory.

    Args:
        content: the pickle; what follows its end is ignored.
        name: the file's name, for errors.

    Returns:
        Lists and dictionaries (with text as keys) of text, numbers, None and numpy arrays of numbers or
        of such values. Byte strings come back as str (UTF-8, or else Latin-1), numpy scalars as Python
        numbers. Arrays of numbers are read-only.

    Raises:
        InputError: the pickle is damaged or holds anything else.
    """
    try:
        return _Machine(content).run()
    except _DAMAGE as error:
        reason = str(error) if isinstance(error, _RefusedError) else "it is damaged or cut short"
        raise InputError(
            f"{name}: not a data file of this program: {reason}; fetch or make it anew"
        ) from error


def array_dtype(code: str) -> np.dtype:
    """The dtype of a numpy code such as `i8`, `<f4`, `|b1` or `|O8`: booleans, integers, floats, objects.

    Raises:
        ValueError: the code is that of another dtype.
    """
    if re.fullmatch(r"\|?O[48]?", code):  # numpy 1 appends the size of a pointer
        return np.dtype(object)
    if not re.fullmatch(r"[<>|=]?(b1|[iu][1248]|f[248])", code):
        raise _RefusedError(f"it holds an array of dtype {code[:20]!r}, not of numbers")
    return np.dtype(code)


def reshape(flat: np.ndarray, shape: tuple[int, ...], order: str) -> np.ndarray:
    """The array of that shape, in order "C" or "F", if the flat one has as many elements.

    Raises:
        ValueError: it has not, or numpy makes no arrays of that shape.
    """
    if any(type(length) is not int or length < 0 for length in shape):
        _refuse("an array without a proper shape")
    if math.prod(shape) != flat.size or len(shape) > MAX_DIMENSIONS:
        _refuse("an array whose shape does not fit its content")
    return flat.reshape(shape, order=order)


class _RefusedError(ValueError):
    """Something that no data file has."""


# What the machine's own steps raise when the instructions make no sense.
_DAMAGE = (ValueError, TypeError, AttributeError, IndexError, KeyError, OverflowError, struct.error)


def _refuse(what: str) -> NoReturn:
    raise _RefusedError(f"it holds {what}")


class _ByteString:
    """A byte string: the content of an array or, anywhere else, text."""

    __slots__ = ("_text", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._text: str | None = None

    @property
    def text(self) -> str:
        """The string decoded, once: a file may use one string many times."""
        if self._text is None:
            try:
                self._text = self.raw.decode("utf-8")
            except UnicodeDecodeError:
                self._text = self.raw.decode("latin-1")
        return self._text


class _Name:
    """The name of a function or class, which stands for itself and cannot be called."""

    def __init__(self, module: str, name: str) -> None:
        if not all(re.fullmatch(r"[A-Za-z0-9_.]{1,80}", part) for part in (module, name)):
            _refuse("a name that is none")
        self.full = f"{module}.{name}"


class _DType:
    """A numpy dtype in the making: the pickle names it first, and gives its byte order later."""

    def __init__(self, code: str) -> None:
        self.numpy = array_dtype(code)

    def build(self, state: tuple) -> None:
        _version, order, subtype, names, fields = state[:5]
        if not (subtype is names is fields is None):
            _refuse("an array of records")
        if not self.numpy.hasobject and _as_value(order) in ("<", ">"):
            self.numpy = self.numpy.newbyteorder(_as_value(order))


class _Array:
    """A numpy array in the making: the pickle names it first, and gives its content later."""

    def __init__(self) -> None:
        self.numpy: np.ndarray | None = None

    def build(self, state: tuple) -> None:
        _version, shape, dtype, is_fortran, content = state
        order = "F" if is_fortran else "C"
        if dtype.numpy.hasobject:
            if type(content) is not list:
                _refuse("an array without its list of values")
            flat = np.empty(len(content), dtype=object)
            for position, value in enumerate(content):
                flat[position] = value
            content.clear()  # or a file could fill many arrays with one long list
        else:
            flat = np.frombuffer(content.raw, dtype.numpy)
        self.numpy = reshape(flat, shape, order)


def _as_value(item: Any) -> Any:
    """What a stack item is as a value of its own: in a list, in a dictionary, or as the whole."""
    if type(item) is _ByteString:
        return item.text
    if type(item) in _VALUE_TYPES:
        return item
    if type(item) is _Array and item.numpy is not None:
        return item.numpy
    if type(item) is _Name:
        return _refuse(f"{item.full}, which no data file needs")
    return _refuse("a value other than lists, dictionaries, text, numbers and arrays")


def _integer(line: bytes) -> int:
    """An integer in decimal digits, as protocol 0 has it: about 64 bits at most, as all in data files."""
    if not re.fullmatch(rb"-?[0-9]{1,19}", line):
        _refuse("an integer that is none, or too large")
    return int(line)


def _unicode(line: bytes) -> str:
    text = line.decode("raw-unicode-escape")
    text.encode("utf-8")  # half of a surrogate pair is a character that nothing can write
    return text


_ESCAPES = {b"\\": b"\\", b"'": b"'", b'"': b'"', b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def _unescaped(text: bytes) -> bytes:
    """Undoes the escapes of Python 2's `repr` of a byte string."""
    return re.sub(
        rb"\\(?:x([0-9a-f]{2})|(.?))",
        lambda match: bytes.fromhex(match[1].decode()) if match[1] else _ESCAPES[match[2]],
        text,
    )


_VALUE_TYPES = frozenset({str, int, float, bool, type(None), list, dict})
_MARK = object()
_STOP = ord(".")
_UINT8, _UINT16, _UINT32 = struct.Struct("<B"), struct.Struct("<H"), struct.Struct("<I")
_INT32, _FLOAT64 = struct.Struct("<i"), struct.Struct(">d")


class _Machine:
    """The stack machine: a method for each kind of instruction, in a table by opcode."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        for _ in range(MAX_INSTRUCTIONS):
            opcode = self._content[self._position]
            self._position += 1
            if opcode == _STOP:
                return _as_value(self._stack.pop())
            if opcode not in self._METHODS:
                _refuse(f"the pickle instruction {chr(opcode)!r}, which no data file needs")
            self._METHODS[opcode](self)
        return _refuse(f"more than {MAX_INSTRUCTIONS} values")

    # Reading the instruction's argument.

    def _take(self, length: int) -> bytes:
        start, self._position = self._position, self._position + length
        if length < 0 or self._position > len(self._content):
            _refuse("less than it says: it is cut short")
        return self._content[start : self._position]

    def _take_line(self) -> bytes:
        end = self._content.index(b"\n", self._position)
        line, self._position = self._content[self._position : end], end + 1
        return line

    def _number(self, layout: struct.Struct) -> int | float:
        (number,) = layout.unpack_from(self._content, self._position)
        self._position += layout.size
        return number

    def _take_counted(self, length_layout: struct.Struct) -> bytes:
        return self._take(self._number(length_layout))

    # Numbers and strings.

    def _push(self, item: Any) -> None:
        self._stack.append(item)

    def _push_integer_line(self) -> None:
        line = self._take_line()
        booleans = {b"00": False, b"01": True}
        self._push(booleans[line] if line in booleans else _integer(line))

    def _push_long(self) -> None:
        content = self._take_counted(_UINT8)
        if len(content) > 9:  # 64 bits and a sign
            _refuse("an integer that is too large")
        self._push(int.from_bytes(content, "little", signed=True))

    def _push_string_line(self) -> None:
        line = self._take_line().strip()
        if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in b"'\"":
            _refuse("a string without quotes")
        self._push(_ByteString(_unescaped(line[1:-1])))

    # Lists, dictionaries and tuples.

    def _pop_to_mark(self) -> list[Any]:
        start = len(self._stack) - 1
        while self._stack[start] is not _MARK:
            start -= 1
        items = self._stack[start + 1 :]
        del self._stack[start:]
        return items

    def _append(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            _refuse("an entry without its list")
        target.extend(map(_as_value, items))

    def _set_items(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not dict or len(items) % 2:
            _refuse("an entry without its dictionary")
        for key, value in zip(map(_as_value, items[::2]), map(_as_value, items[1::2]), strict=True):
            if type(key) is not str:
                _refuse("a dictionary whose keys are not words")
            target[key] = value

    def _make_list(self) -> None:
        items = self._pop_to_mark()
        self._push([])
        self._append(items)

    def _make_dictionary(self) -> None:
        items = self._pop_to_mark()
        self._push({})
        self._set_items(items)

    def _make_tuple(self, length: int) -> None:
        items = [self._stack.pop() for _ in range(length)]
        self._push(tuple(reversed(items)))

    # Numpy: a name, a tuple of arguments and the call, then a state and its filling in.

    def _push_name(self) -> None:
        self._push(_Name(self._take_line().decode(), self._take_line().decode()))

    def _push_name_from_stack(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._push(_Name(_as_value(module), _as_value(name)))

    def _call(self) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        name = function.full if isinstance(function, _Name) else "a call of something without a name"
        if name == "numpy.dtype":
            self._push(_DType(_as_value(arguments[0])))
        elif name in ("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"):
            if not isinstance(arguments[0], _Name) or arguments[0].full != "numpy.ndarray":
                _refuse("an array of a class of its own")
            self._push(_Array())
        elif name in ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"):
            dtype, content = arguments
            self._push(np.frombuffer(content.raw, dtype.numpy).item())
        else:
            _refuse(f"{name}, which no data file needs")

    def _build(self) -> None:
        state, target = self._stack.pop(), self._stack[-1]
        if not isinstance(target, (_Array, _DType)):
            _refuse("a state of something other than an array")
        target.build(state)

    # The memo, in which a pickle keeps what it uses again.

    def _put(self, key: int) -> None:
        self._memo[key] = self._stack[-1]

    def _get(self, key: int) -> None:
        self._push(self._memo[key])

    _METHODS: ClassVar[dict[int, Callable[["_Machine"], None]]] = {
        ord(opcode): method
        for opcode, method in {
            # Protocol 0: arguments are lines of text.
            "I": _push_integer_line,
            "L": lambda m: m._push(_integer(m._take_line().removesuffix(b"L"))),
            "F": lambda m: m._push(float(m._take_line())),
            "S": _push_string_line,
            "V": lambda m: m._push(_unicode(m._take_line())),
            "N": lambda m: m._push(None),
            "(": lambda m: m._push(_MARK),
            "l": _make_list,
            "a": lambda m: m._append([m._stack.pop()]),
            "d": _make_dictionary,
            "s": lambda m: m._set_items([m._stack.pop(-2), m._stack.pop()]),
            "t": lambda m: m._push(tuple(m._pop_to_mark())),
            "p": lambda m: m._put(_integer(m._take_line())),
            "g": lambda m: m._get(_integer(m._take_line())),
            "c": _push_name,
            "R": _call,
            "b": _build,
            # Protocols 1 and 2: arguments are binary.
            "\x80": lambda m: m._take(1),
            "J": lambda m: m._push(m._number(_INT32)),
            "K": lambda m: m._push(m._number(_UINT8)),
            "M": lambda m: m._push(m._number(_UINT16)),
            "\x8a": _push_long,
            "G": lambda m: m._push(m._number(_FLOAT64)),
            "U": lambda m: m._push(_ByteString(m._take_counted(_UINT8))),
            "T": lambda m: m._push(_ByteString(m._take_counted(_INT32))),
            "X": lambda m: m._push(m._take_counted(_UINT32).decode("utf-8")),
            "\x88": lambda m: m._push(True),
            "\x89": lambda m: m._push(False),
            "]": lambda m: m._push([]),
            "e": lambda m: m._append(m._pop_to_mark()),
            "}": lambda m: m._push({}),
            "u": lambda m: m._set_items(m._pop_to_mark()),
            ")": lambda m: m._push(()),
            "\x85": lambda m: m._make_tuple(1),
            "\x86": lambda m: m._make_tuple(2),
            "\x87": lambda m: m._make_tuple(3),
            "q": lambda m: m._put(m._number(_UINT8)),
            "r": lambda m: m._put(m._number(_UINT32)),
            "h": lambda m: m._get(m._number(_UINT8)),
            "j": lambda m: m._get(m._number(_UINT32)),
            # Protocols 3 to 5, as Python 3 writes them.
            "C": lambda m: m._push(_ByteString(m._take_counted(_UINT8))),
            "B": lambda m: m._push(_ByteString(m._take_counted(_UINT32))),
            "\x8c": lambda m: m._push(m._take_counted(_UINT8).decode("utf-8")),
            "\x93": _push_name_from_stack,
            "\x94": lambda m: m._put(len(m._memo)),
            "\x95": lambda m: m._take(8),
        }.items()
    }
