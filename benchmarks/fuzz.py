"""Damages files of every kind for as long as one likes, and has the readers of `tests/fuzz` read them.

    python -m benchmarks.fuzz [--minutes 60] [--seed 0] [--only config.json] [--folder fuzzing]
    python -m benchmarks.fuzz --again fuzzing/failures/0-17/config.json

A case is a file, whole or hostile, with damage that the seed, the file's name and the number of the round
decide. It is to be read, or refused by an `InputError` of one line, in the bounds of `tests/fuzz/bounds.py`.
One that is not is kept in `fuzzing/failures`, as is one that ends the process; the exit code is then 1. What
is said meanwhile is in `fuzzing/log`. Runs on Linux only.
"""

import contextlib
import json
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from typer import Option

from benchmarks.process import peak_memory, resident_memory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fuzz"))

LARGEST_ORIGIN = 2**18  # bytes: larger files say no more, and take longer
# Where such a file is damaged, HDF5 itself (1.14.6, 2.0.0) may never end.
ENDLESS = "values of a virtual array"
NO_CASE = "no case"
TURN = 120  # seconds of a process, whose TensorFlow never forgets a model


@dataclass
class Tally:
    """What became of the cases of a kind of file.

    Attributes:
        read: readings that ended well.
        refused: readings that ended in one line.
        failed: readings that did not.
        slowest: seconds of the longest reading.
        memory: most megabytes that a reading took.
    """

    read: int = 0
    refused: int = 0
    failed: int = 0
    slowest: float = 0.0
    memory: float = 0.0

    def add(self, other: "Tally") -> None:
        """Adds what became of others."""
        self.read += other.read
        self.refused += other.refused
        self.failed += other.failed
        self.slowest = max(self.slowest, other.slowest)
        self.memory = max(self.memory, other.memory)


class Progress:
    """How far it is: in a file, since a case may end the process."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "progress.json"
        self.round, self.done, self.tallies = 0, [], {}
        if self._path.exists():
            content = json.loads(self._path.read_text())
            self.round, self.done = content["round"], content["done"]
            self.tallies = {name: Tally(**tally) for name, tally in content["tallies"].items()}

    def add(self, name: str, tally: Tally) -> None:
        """Adds what became of a reading; it is written down with its case."""
        self.tallies.setdefault(name, Tally()).add(tally)

    def end_case(self, name: str) -> None:
        """Writes down what became of a case, which is the only one of its name in a round."""
        self.done.append(name)
        self._write()

    def end_round(self) -> None:
        """Begins the next round."""
        self.round, self.done = self.round + 1, []
        self._write()

    def _write(self) -> None:
        tallies = {name: asdict(tally) for name, tally in self.tallies.items()}
        self._path.write_text(json.dumps({"round": self.round, "done": self.done, "tallies": tallies}))


def main(
    minutes: Annotated[float, Option(help="How long.")] = 60,
    seed: Annotated[int, Option(help="Other seeds, other damage.")] = 0,
    only: Annotated[list[str] | None, Option(help="A kind of file, by its name; by default all.")] = None,
    folder: Annotated[Path, Option(help="New folder, for the files and for those that are kept.")] = Path(
        "fuzzing"
    ),
    again: Annotated[Path | None, Option(help="Read a file that was kept, and nothing else.")] = None,
) -> None:
    """Fuzz all readers, and print what came of it."""
    if again is not None:
        return _read_again(again)
    folder = folder.absolute()
    folder.mkdir(parents=True)
    end = time.monotonic() + 60 * minutes
    goes_on = True
    while goes_on and (left := end - time.monotonic()) > 0:
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            try:
                pool.submit(_turn, seed, min(left, TURN), only, folder).result()
            except BrokenProcessPool:
                goes_on = _note_end_of_process(seed, folder)
    progress = Progress(folder)
    _print(progress, f"{progress.round} rounds in {minutes:g} minutes, seed {seed}")
    if any(tally.failed for tally in progress.tallies.values()):
        raise typer.Exit(1)


def _note_end_of_process(seed: int, folder: Path) -> bool:
    """The case that ended the process counts as failed; whether there was one, behind which it can go on."""
    progress, reading = Progress(folder), folder / "reading"
    is_case = reading.exists()
    if is_case:
        name, reader = reading.read_text().splitlines()
        _keep(folder / "work" / name, folder, f"{seed}-{progress.round}", f"the process ended in {reader}")
        reading.unlink()
    else:  # such as in an import, which would end the next process as well
        name = NO_CASE
        print(f"the process ended, and no case was being read; see {folder / 'log'}", flush=True)
    progress.add(name, Tally(failed=1))
    progress.end_case(name)
    return is_case


def _turn(seed: int, seconds: float, only: list[str] | None, folder: Path) -> None:
    """Rounds, each with a case of every kind."""
    with (folder / "log").open("a") as log, contextlib.redirect_stderr(log):
        origins = _origins(only)
        progress, end = Progress(folder), time.monotonic() + seconds
        while time.monotonic() < end:
            for name in origins:
                if name not in progress.done:  # by a process that ended
                    _try(name, origins[name], seed, progress, folder)
            progress.end_round()


def _origins(only: list[str] | None) -> dict[str, tuple[list[bytes], list[bytes]]]:
    """The whole and the hostile files that are damaged, by their name."""
    from cases import HOSTILE, WHOLE

    def small(files: dict[str, bytes]) -> list[bytes]:
        return [files[what] for what in files if what != ENDLESS and len(files[what]) < LARGEST_ORIGIN]

    return {name: (small(WHOLE[name]), small(HOSTILE[name])) for name in only or WHOLE}


def _try(name: str, origins: Sequence[list[bytes]], seed: int, progress: Progress, folder: Path) -> None:
    from mutation import damaged

    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    path = work / name
    random = Random(f"{seed} {name} {progress.round}")
    path.write_bytes(damaged(random.choice(origins), random))
    reading = folder / "reading"  # what is in it ends the process if anything does
    for tally, problem in _readings(path, lambda reader: reading.write_text(f"{name}\n{reader}")):
        progress.add(name, tally)
        if problem:
            _keep(path, folder, f"{seed}-{progress.round}", problem)
    reading.unlink()
    progress.end_case(name)


def _readings(path: Path, tell: Callable[[str], object]) -> Iterator[tuple[Tally, str | None]]:
    """What becomes of a file in each of its readers, of which it tells before, and what went wrong."""
    from bounds import HangError, read_or_refused
    from readers import READERS

    for number, read in enumerate(READERS[path.name], 1):
        tell(f"reader {number}, {read.__qualname__}")
        before, start = _start_of_memory(), time.monotonic()
        tally, problem = Tally(), None
        try:
            refusal = read_or_refused(read, path)
        except (Exception, HangError):
            tally.failed, problem = 1, traceback.format_exc()
        else:
            tally.read, tally.refused = int(refusal is None), int(refusal is not None)
        tally.slowest = time.monotonic() - start
        tally.memory = 1000 * (peak_memory() - before)
        yield tally, problem


def _read_again(path: Path) -> None:
    for tally, problem in _readings(path.absolute(), partial(print, flush=True)):
        print(tally)
        if problem:
            print(problem)


def _keep(path: Path, folder: Path, case: str, problem: str) -> None:
    kept = folder / "failures" / case / path.name
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, kept)
    kept.with_name(f"{path.name}.txt").write_text(problem)
    print(f"{kept}: {problem.strip().splitlines()[-1]}", flush=True)


def _start_of_memory() -> float:
    """The gigabytes in memory, from which the peak is counted anew."""
    Path("/proc/self/clear_refs").write_text("5")
    return resident_memory()


def _print(progress: Progress, title: str) -> None:
    columns = ("file", "cases", "read", "refused", "failed", "slowest, s", "memory, MB")
    table, total = Table(*columns, title=title, title_justify="left"), Tally()
    for name, tally in progress.tallies.items():
        total.add(tally)
        _add_row(table, name, tally)
    table.add_section()
    _add_row(table, "all", total)
    Console().print(table)


def _add_row(table: Table, name: str, tally: Tally) -> None:
    counts = (tally.read + tally.refused + tally.failed, tally.read, tally.refused, tally.failed)
    table.add_row(name, *map(str, counts), f"{tally.slowest:.2f}", f"{tally.memory:.0f}")


if __name__ == "__main__":
    typer.run(main)
