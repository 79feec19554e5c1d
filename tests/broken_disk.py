"""A disk that fails in the middle of the work, for Python and for native code alike.

The work is divided into steps, the calls by which files come into being (`STEPS`); a fault strikes before
one of them. There are two: the step fails, or the disk is full from there on. The latter is a limit on the
size of files (RLIMIT_FSIZE), which the system itself imposes on whoever writes: numpy, HDF5 and TensorFlow as
well as Python. It needs neither a compiler nor privileges, and strikes at the same byte each time.
"""

import errno
import fcntl
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

STEPS = (
    "mkdir",
    "fsync",
    "replace",
    "rename",
)  # functions of `os`, to which pathlib and tempfile come as well


@dataclass
class Disk:
    """What has been done on the disk.

    Attributes:
        steps: the number of steps so far.
    """

    steps: int = 0


@contextmanager
def broken_disk(step: int | None, fault: Callable[[], None]) -> Iterator[Disk]:
    """A fault strikes in the block, before the step of a number, from 0; none where it is None."""
    disk, originals = Disk(), {name: getattr(os, name) for name in STEPS}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def counted(name):
        def call(*arguments, **options):
            disk.steps += 1
            if disk.steps - 1 == step:
                fault()
            return originals[name](*arguments, **options)

        return call

    try:
        for name in STEPS:
            setattr(os, name, counted(name))
        yield disk
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        for name in STEPS:
            setattr(os, name, originals[name])


def fails() -> None:
    """The step fails."""
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def is_full() -> None:
    """No file grows beyond ten bytes any more."""
    _limit(10)


def is_almost_full() -> None:
    """No file grows beyond three kilobytes any more: large ones break off in the middle."""
    _limit(3000)


def _limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@contextmanager
def native_errors() -> Iterator[list[str]]:
    """The lines that native code writes to standard error meanwhile; they are there after the block."""
    lines: list[str] = []
    kept, (read, write) = os.dup(2), os.pipe()
    fcntl.fcntl(write, fcntl.F_SETFL, os.O_NONBLOCK)  # what the pipe does not hold is lost
    os.dup2(write, 2)
    os.close(write)
    try:
        yield lines
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        with os.fdopen(read, errors="replace") as file:
            lines += file.read().splitlines()
