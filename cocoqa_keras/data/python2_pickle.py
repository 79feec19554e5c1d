"""Writes values as Python 2.7 with numpy 1.9 pickles them, so that the 2015 program reads our files."""

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np

_MAX_BYTE_STRING = 2**31 - 1
_NUMBER_KINDS = "biuf"


def dumps(value: Any) -> bytes:
    """The pickle of `value`, protocol 2.

    Args:
        value: lists and dictionaries of str, bytes, bool, int, float, None and numpy arrays; arrays of
            booleans, integers, floats, or objects that are such values. ASCII text becomes a byte string, as
            Python 2 programs have it; other text becomes unicode.

    Raises:
        ValueError: a value of another type, or an array of more than 2 GiB.
    """
    return b"\x80\x02" + b"".join(_pieces(value)) + b"."


def _pieces(value: Any) -> Iterable[bytes]:
    """The instructions that push `value`."""
    if value is None:
        yield b"N"
    elif isinstance(value, (bool, np.bool_)):
        yield b"\x88" if value else b"\x89"
    elif isinstance(value, (int, np.integer)):
        yield _integer(int(value))
    elif isinstance(value, (float, np.floating)):
        yield b"G" + struct.pack(">d", value)
    elif isinstance(value, str):
        yield _text(value)
    elif isinstance(value, bytes):
        yield _byte_string(value)
    elif isinstance(value, list):
        yield b"]("
        for item in value:
            yield from _pieces(item)
        yield b"e"
    elif isinstance(value, dict):
        yield b"}("
        for key, item in value.items():
            yield from _pieces(key)
            yield from _pieces(item)
        yield b"u"
    elif isinstance(value, np.ndarray):
        yield from _array(value)
    else:
        raise ValueError(f"expected lists, dictionaries, text, numbers, arrays, got {type(value).__name__}")


def _integer(value: int) -> bytes:
    if 0 <= value < 2**8:
        return b"K" + struct.pack("<B", value)
    if 0 <= value < 2**16:
        return b"M" + struct.pack("<H", value)
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    if not -(2**63) <= value < 2**64:
        raise ValueError(f"expected an integer of at most 64 bits, got one of {value.bit_length()}")
    length = value.bit_length() // 8 + 1  # a bit more than the number has, for the sign
    return b"\x8a" + struct.pack("<B", length) + value.to_bytes(length, "little", signed=True)


def _text(value: str) -> bytes:
    if value.isascii():
        return _byte_string(value.encode("ascii"))
    encoded = value.encode("utf-8")
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def _byte_string(value: bytes) -> bytes:
    if len(value) < 2**8:
        return b"U" + struct.pack("<B", len(value)) + value
    if len(value) > _MAX_BYTE_STRING:
        raise ValueError(f"expected an array or text of less than 2 GiB, got one of {len(value)} bytes")
    return b"T" + struct.pack("<i", len(value)) + value


def _array(array: np.ndarray) -> Iterable[bytes]:
    """numpy.core.multiarray._reconstruct(numpy.ndarray, (0,), 'b'), then the state of the array."""
    yield b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR"
    yield b"(K\x01("
    for length in array.shape:
        yield _integer(length)
    yield b"t"
    yield _dtype(array.dtype)
    yield b"\x89"
    yield from _pieces(array.ravel().tolist() if array.dtype.hasobject else array.tobytes())
    yield b"tb"


def _dtype(dtype: np.dtype) -> bytes:
    """numpy.dtype(code, 0, 1), then its state: byte order, no fields, default sizes, flags."""
    if dtype.hasobject and not dtype.names:
        code, order, flags = "O8", "|", 63
    elif dtype.kind in _NUMBER_KINDS:
        code, flags = dtype.str[1:], 0
        order = dtype.str[0]
    else:
        raise ValueError(f"expected an array of numbers or of objects, got dtype {dtype}")
    constructor = b"cnumpy\ndtype\n" + _text(code) + b"K\x00K\x01\x87R"
    defaults = b"NNN" + _integer(-1) + _integer(-1)
    return constructor + b"(K\x03" + _text(order) + defaults + _integer(flags) + b"tb"
