"""Trainings that are killed (SIGKILL) at random moments and resumed must end as one that was not killed.

    python -m benchmarks.soak [--kills 200] [--seed 0] [--folder DIR] [ARGUMENT...]

The arguments are those of `cocoqa-train`; by default IMG+BOW is trained on the demo data, in two rounds of
few epochs, its state saved after every batch. Each run is killed a little after a line of its log that is
drawn at random, and resumed from one of its run folders. Weights, records, results, answers and scores are
compared byte by byte. The processes are forked from one that has imported everything, since importing takes
longer than such a training.
"""

import collections
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

# Imported, but nothing is computed here: TensorFlow starts its threads then, and cannot be forked any more.
import cocoqa_keras.training.trainer  # noqa: F401
from cocoqa_keras.cli import train

LONGEST_DELAY = 0.3  # seconds; most lines of the log come sooner after the one before
DEFAULT = ("img_bow", "--epochs", "4", "--checkpoint-minutes", "0")
COMPARED = (".csv", ".w.npy", ".test.o.txt", "result.txt", "predictions.jsonl")


def start(arguments: list[str], log: Path) -> int:
    """Trains in a process of its own; its number."""
    child = os.fork()
    if child:
        return child
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    code = 1
    try:
        code = train.main(arguments)
    finally:
        os._exit(code)


def finish(arguments: list[str], log: Path) -> None:
    """Trains to the end."""
    _, status = os.waitpid(start(arguments, log), 0)
    if status != 0:
        sys.exit(f"{log.read_text()}\nthis ended with status {status}: {arguments}")


def start_and_kill(arguments: list[str], log: Path, lines: int) -> bool:
    """Kills a training a little after it has printed some lines; whether it had not ended by then."""
    child = start(arguments, log)
    while not (log.exists() and log.read_bytes().count(b"\n") >= lines):
        if os.waitpid(child, os.WNOHANG) != (0, 0):
            return False
        time.sleep(0.001)
    time.sleep(random.uniform(0, LONGEST_DELAY))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def resume(folder: Path, arguments: list[str], log: Path) -> str:
    """Goes on with what was killed; where it was."""
    found = sorted(folder.glob("*-*"), key=lambda path: "-v-" not in path.name)
    unfinished = [path for path in found if any(path.glob("checkpoint/*-*.npz"))]
    if unfinished:
        is_trained = (found[-1] / "vocabulary.json").exists()
        state = f"round {len(found)}, {'trained' if is_trained else 'in training'}"
        finish(["--resume", str(random.choice(unfinished))], log)
        return state
    if folder.exists():
        shutil.rmtree(folder)  # without a checkpoint there is nothing to resume
    finish([*arguments, "--output", str(folder)], log)
    return "before the first checkpoint"


def content(folder: Path) -> dict[tuple[str, str], bytes]:
    """What there is to compare of a run, by round and file."""
    files = {}
    for path in folder.glob("*/*"):
        name, run = path.name, path.parent.name
        if name.endswith(COMPARED):
            key = ("first" if "-v-" in run else "second", name.removeprefix(run))
            assert key not in files, f"two of the same round: {path}"
            files[key] = path.read_bytes()
    return files


def main(
    arguments: Annotated[list[str] | None, Argument(metavar="ARGUMENT...")] = None,
    kills: Annotated[int, Option(min=1, help="How many.")] = 200,
    seed: Annotated[int, Option(help="Of the moments.")] = 0,
    folder: Annotated[Path | None, Option(help="Where runs are left; by default nowhere.")] = None,
) -> None:
    """Kills and resumes trainings, and compares."""
    random.seed(seed)
    with tempfile.TemporaryDirectory() as temporary:
        place = folder or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        if any(place.iterdir()):
            raise typer.BadParameter(f"{place} is not empty")
        soak(place, kills, arguments or list(DEFAULT))


def soak(place: Path, kills: int, arguments: list[str]) -> None:
    """Trains in one go, then again and again with a kill."""
    log = place / "whole.log"
    finish([*arguments, "--output", str(place / "whole")], log)
    whole, lines = content(place / "whole"), log.read_bytes().count(b"\n")
    states: collections.Counter[str] = collections.Counter()
    while states.total() < kills:
        run, log = place / f"killed-{states.total()}", place / f"killed-{states.total()}.log"
        line = random.randrange(lines)
        if start_and_kill([*arguments, "--output", str(run)], log, line):
            state = resume(run, arguments, log)
            states[state] += 1
            print(f"{states.total()}: killed after line {line} of {lines}, {state}", flush=True)
            again = content(run)
            if again != whole:
                wrong = {key for key in {*again, *whole} if again.get(key) != whole.get(key)}
                sys.exit(f"{run} differs from {place / 'whole'} in {sorted(wrong)}")
        shutil.rmtree(run)
        log.unlink()
    print(f"{kills} kills, each resumed to the same {len(whole)} files:", dict(states))


if __name__ == "__main__":
    typer.run(main)
