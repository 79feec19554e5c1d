"""A shape written in the sizes of another, such as `(x[0], x[1] * x[2])`.

It is read by this grammar:

    shape   = values | "(" shape ")"
    values  = sum {"," sum} [","]
    sum     = product {("+" | "-") product}
    product = factor {("*" | "/") factor}
    factor  = "-" factor | integer | "x" "[" ["-"] integer "]" | "(" sum ")"

Nothing in it is evaluated as Python.
"""

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

LARGEST_SIZE = 2**31 - 1
MOST_TOKENS = 200  # so that nothing is nested too deep to be followed

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.floordiv,  # as Python 2 divides integers
}


class ShapeExpression:
    """A shape as a function of the sizes `x` of an input.

    Args:
        text: one or more sums of integers and `x[axis]` with + - * / and parentheses, separated by commas.
            As in Python 2, / rounds down; an axis counts from the end where negative; and one size may be -1,
            whatever the others leave.

    Raises:
        ValueError: the text is something else; the message names the character.

    Reference:
        The field `reshapeFn` of the 2015 program's `reshape` stage.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._values = _Parser(text).values()

    def given(self, sizes: Sequence[Any]) -> list[Any]:
        """The values of the expression, -1 among them.

        Args:
            sizes: the input's size along each axis: an integer, an integer tensor (), or None for unknown.

        Returns:
            the same kinds, one for each axis of the output.

        Raises:
            ValueError: an axis that the input lacks, a division by zero, or a value that is no size.
        """
        values = [value.of(sizes) for value in self._values]
        known = [value for value in values if isinstance(value, int)]
        for value in known:
            if not -1 <= value <= LARGEST_SIZE:
                raise ValueError(f"{self.text} gives the size {value}")
        if known.count(-1) > 1:
            raise ValueError(f"{self.text} gives more than one size -1")
        return values

    def shape(self, sizes: Sequence[int | None]) -> tuple[int | None, ...]:
        """The shape of the output, with what -1 stands for.

        Sizes that are handed on unchanged cancel, so that `(x[0], -1)` has a known width whatever the batch,
        an empty one too.

        Args:
            sizes: the input's size along each axis, None where unknown.

        Returns:
            the size along each axis, None where it depends on an unknown one.

        Raises:
            ValueError: as in `given`, or an output of another number of elements than the input.
        """
        shape = self.given(sizes)
        before, after = list(sizes), []  # what does not cancel
        for value, size in zip(self._values, shape, strict=True):
            if isinstance(value, _Axis) and before[value.index] == size:
                before[value.index] = 1
            elif size != -1:
                after.append(size)
        if None in before or None in after:
            return tuple(None if size == -1 else size for size in shape)
        filler = math.prod(before) // max(math.prod(after), 1) if -1 in shape else 1
        if filler * math.prod(after) != math.prod(before):
            raise ValueError(f"{self.text} changes the number of elements")
        return tuple(filler if size == -1 else size for size in shape)


@dataclass(frozen=True)
class _Integer:
    value: int

    def of(self, sizes: Sequence[Any]) -> int:
        return self.value


@dataclass(frozen=True)
class _Axis:
    index: int

    def of(self, sizes: Sequence[Any]) -> Any:
        if not -len(sizes) <= self.index < len(sizes):
            raise ValueError(f"there is no x[{self.index}], the input having {len(sizes)} axes")
        return sizes[self.index]


@dataclass(frozen=True)
class _Operation:
    symbol: str
    left: "_Value"
    right: "_Value"

    def of(self, sizes: Sequence[Any]) -> Any:
        left, right = self.left.of(sizes), self.right.of(sizes)
        if left is None or right is None:
            return None
        if self.symbol == "/" and isinstance(right, int) and right == 0:
            raise ValueError("a division by zero")
        return OPERATIONS[self.symbol](left, right)


_Value = _Integer | _Axis | _Operation


class _Parser:
    """Reads an expression from left to right, a method a rule of the grammar."""

    def __init__(self, text: str) -> None:
        found = list(re.finditer(r"[0-9]+|\S", text))
        if len(found) > MOST_TOKENS:
            raise ValueError(f"longer than {MOST_TOKENS} numbers and signs")
        tokens = [token.group() for token in found]
        places = [token.start() + 1 for token in found]
        while _is_in_parentheses(tokens):
            tokens, places = tokens[1:-1], places[1:-1]
        end = places[-1] + len(tokens[-1]) if tokens else 1
        self._tokens = [*tokens, ""]
        self._places = [*places, end]
        self._position = 0

    def values(self) -> list[_Value]:
        values = [self._sum()]
        while self._take(",") and self._token:
            values.append(self._sum())
        if self._token:
            raise self._unexpected("one of + - * / or a comma")
        return values

    def _sum(self) -> _Value:
        return self._chain("+-", self._product)

    def _product(self) -> _Value:
        return self._chain("*/", self._factor)

    def _chain(self, symbols: str, operand: Callable[[], _Value]) -> _Value:
        """Operands with operators of one rank between them, the first pair taken first."""
        value = operand()
        while symbol := self._take(*symbols):
            value = _Operation(symbol, value, operand())
        return value

    def _factor(self) -> _Value:
        if self._take("-"):
            return _minus(self._factor())
        if self._take("("):
            value = self._sum()
            self._need(")")
            return value
        if self._take("x"):
            self._need("[")
            sign = -1 if self._take("-") else 1
            index = sign * self._integer("an axis")
            self._need("]")
            return _Axis(index)
        return _Integer(self._integer("an integer, x[axis], - or ("))

    def _integer(self, wanted: str) -> int:
        if not self._token.isdecimal() or not self._token.isascii():
            raise self._unexpected(wanted)
        if len(self._token) > len(str(LARGEST_SIZE)):
            raise self._unexpected("a smaller number")
        return int(self._advance())

    @property
    def _token(self) -> str:
        """The next token; empty at the end."""
        return self._tokens[self._position]

    def _advance(self) -> str:
        self._position += 1
        return self._tokens[self._position - 1]

    def _take(self, *tokens: str) -> str:
        """The next token, read if it is one of these; else nothing."""
        return self._advance() if self._token in tokens else ""

    def _need(self, token: str) -> None:
        if not self._take(token):
            raise self._unexpected(token)

    def _unexpected(self, wanted: str) -> ValueError:
        found = f"not {self._token}" if self._token else "not the end"
        return ValueError(f"should have {wanted} at character {self._places[self._position]}, {found}")


def _minus(value: _Value) -> _Value:
    return _Operation("-", _Integer(0), value)


def _is_in_parentheses(tokens: list[str]) -> bool:
    """Whether the first token opens a parenthesis that the last one closes."""
    depth = 0
    for position, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth <= 0:
            return 0 < position == len(tokens) - 1
    return False
