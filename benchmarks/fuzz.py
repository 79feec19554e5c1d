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
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from typer import Option

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fuzz"))

LARGEST_ORIGIN = 2**18  # bytes: larger files say no more, and take longer
# Where such a file is damaged, HDF5 itself (1.14.6, 2.0.0) may never end.
ENDLESS = "values of a virtual array"
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
        self.round, self.tallies = 0, {}
        if self._path.exists():
            content = json.loads(self._path.read_text())
            self.round = content["round"]
            self.tallies = {name: Tally(**tally) for name, tally in content["tallies"].items()}

    def add(self, name: str, tally: Tally) -> None:
        """Adds what became of a reading."""
        self.tallies.setdefault(name, Tally()).add(tally)

    def end_round(self) -> None:
        """Writes down what became of a round."""
        self.round += 1
        tallies = {name: asdict(tally) for name, tally in self.tallies.items()}
        self._path.write_text(json.dumps({"round": self.round, "tallies": tallies}))


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
    while (left := end - time.monotonic()) > 0:
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            try:
                pool.submit(_turn, seed, min(left, TURN), only, folder).result()
            except BrokenProcessPool:
                _note_end_of_process(seed, folder)
    progress = Progress(folder)
    _print(progress, f"{progress.round} rounds in {minutes:g} minutes, seed {seed}")
    if any(tally.failed for tally in progress.tallies.values()):
        raise typer.Exit(1)


def _note_end_of_process(seed: int, folder: Path) -> None:
    """The case that ended the process counts as failed, and the rest of its round is left out."""
    progress = Progress(folder)
    path = folder / "work" / (folder / "name").read_text()
    _keep(path, folder, f"{seed}-{progress.round}", "the process ended")
    progress.add(path.name, Tally(failed=1))
    progress.end_round()


def _turn(seed: int, seconds: float, only: list[str] | None, folder: Path) -> None:
    """Rounds, each with a case of every kind."""
    with (folder / "log").open("a") as log, contextlib.redirect_stderr(log):
        origins = _origins(only)
        progress, end = Progress(folder), time.monotonic() + seconds
        while time.monotonic() < end:
            for name in origins:
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
    (folder / "name").write_text(name)
    random = Random(f"{seed} {name} {progress.round}")
    path.write_bytes(damaged(random.choice(origins), random))
    for tally, problem in _readings(path):
        progress.add(name, tally)
        if problem:
            _keep(path, folder, f"{seed}-{progress.round}", problem)


def _readings(path: Path) -> Iterator[tuple[Tally, str | None]]:
    """What becomes of a file in each of its readers, and what went wrong."""
    from bounds import HangError, read_or_refused
    from readers import READERS

    for read in READERS[path.name]:
        before, start = _start_of_memory(), time.monotonic()
        tally, problem = Tally(), None
        try:
            refusal = read_or_refused(read, path)
        except (Exception, HangError):
            tally.failed, problem = 1, traceback.format_exc()
        else:
            tally.read, tally.refused = int(refusal is None), int(refusal is not None)
        tally.slowest = time.monotonic() - start
        tally.memory = _megabytes("VmHWM") - before
        yield tally, problem


def _read_again(path: Path) -> None:
    for tally, problem in _readings(path.absolute()):
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
    """The megabytes in memory, from which the peak is counted anew."""
    Path("/proc/self/clear_refs").write_text("5")
    return _megabytes("VmRSS")


def _megabytes(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{field}:"))
    return int(line.split()[1]) / 1024


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
