"""Files of questions in blocks of some megabytes: the unit of work where many are answered.

A small file is one block, a huge one is many, so both kinds can be shared out among processes. Where the
blocks are follows from the sizes of the files alone: no process has to read what is another's.
"""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cocoqa_keras.storage import StoredFile

BLOCK_BYTES = 16 << 20  # a minute of work or less, so that is what a killed process loses
MAX_LINE_BYTES = 1 << 20


class Block(NamedTuple):
    """The lines that begin in a stretch of a file.

    Attributes:
        file: the file.
        number: which of its blocks this is, from 1.
        count: how many blocks the file has.
        start: where the stretch begins, in bytes.
        end: where it ends; None for a pipe, which is one block.
    """

    file: StoredFile
    number: int
    count: int
    start: int
    end: int | None

    @property
    def name(self) -> str:
        """A name that no other block has: that of the file, or one in a folder of that name."""
        if self.count == 1:
            return self.file.name
        return f"{self.file.name}/{self.number:05}-of-{self.count:05}.jsonl"

    def lines(self) -> Iterator[bytes]:
        """The lines with their breaks; of one that is longer than `MAX_LINE_BYTES`, a byte more than that.

        Raises:
            InputError: the file cannot be read.
        """
        # A line that begins with the stretch follows a break, so the byte before belongs to it.
        position = max(self.start - 1, 0)
        end = math.inf if self.end is None else self.end
        with self.file.open(position, None if self.end is None else self.end + MAX_LINE_BYTES) as opened:
            if self.start:
                position += len(opened.readline())
            while position < end and (line := opened.readline(MAX_LINE_BYTES + 1)):
                yield line
                position += len(line)

    def lines_before(self) -> int:
        """How many lines of the file begin before the stretch; that takes reading them.

        Raises:
            InputError: the file cannot be read.
        """
        if not self.start:
            return 0
        count = 1
        for start in range(0, self.start - 1, BLOCK_BYTES):
            with self.file.open(start, min(start + BLOCK_BYTES, self.start - 1)) as opened:
                count += opened.read().count(b"\n")
        return count


def blocks_of(files: Iterable[StoredFile]) -> list[Block]:
    """The blocks of some files, in order; an empty file has one."""
    blocks = []
    for file in files:
        if file.size is None:
            blocks.append(Block(file, 1, 1, 0, None))
            continue
        count = max(1, math.ceil(file.size / BLOCK_BYTES))
        for number in range(count):
            start = number * BLOCK_BYTES
            blocks.append(Block(file, number + 1, count, start, min(start + BLOCK_BYTES, file.size)))
    return blocks
