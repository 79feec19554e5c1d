"""The share of one of several processes that do a piece of work together, and do not talk to each other."""

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from cocoqa_keras.errors import InputError

Item = TypeVar("Item")


class Shard(NamedTuple):
    """The share `number` of `count`.

    Attributes:
        number: from 1.
        count: how many processes there are.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Reads k/n, as in `3/8`.

        Raises:
            InputError: it is not that, or not a share from 1 to n.
        """
        match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise InputError(f"--shard {text}: write K/N, the K-th of N processes, from 1/N to N/N")
        return cls(int(match[1]), int(match[2]))

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        """Every `count`-th item. All shares together have each item once; their sizes differ by at most 1."""
        return items[self.number - 1 :: self.count]
