"""A process of its own for what is measured, and how much memory a process takes.

Memory is read from /proc, so on Linux only. The peak that `getrusage` tells is of no use here: a new process
inherits it from the one that has started it.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")


def in_own_process(function: Callable[..., Result], *arguments: object) -> Result:
    """What a function returns in a fresh process, which knows nothing of this one but the arguments."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(function, *arguments).result()


def resident_memory() -> float:
    """Gigabytes of this process that are in memory now."""
    return _memory("VmRSS")


def peak_memory() -> float:
    """Most gigabytes of this process that were in memory at a time."""
    return _memory("VmHWM")


def _memory(field: str) -> float:
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[field].split()[0]) * 1024 / 1e9
