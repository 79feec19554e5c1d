"""Reports at full size: how long they take, in how much memory, and how large they are.

    python -m benchmarks.report [--embed]

The runs are as large as those on COCO-QA: 38 948 questions about 22 879 pictures, each with five answers and
their scores, all drawn at random, and pictures of 640 x 480. Each report is written in a process of its own,
whose memory is read from /proc: on Linux only. The bar of the largest page is for pages without --embed,
which puts thumbnails into them.
"""

import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from PIL import Image
from rich.console import Console
from rich.table import Table
from typer import Option

from benchmarks.process import in_own_process, peak_memory
from cocoqa_keras.data.picture_files import open_pictures
from cocoqa_keras.evaluation.predictions import TOP_K
from cocoqa_keras.report.answers import TYPES, read_answers
from cocoqa_keras.report.compare import write_comparison
from cocoqa_keras.report.html import write_html

QUESTIONS, PICTURES, ANSWERS, WORDS = 38_948, 22_879, 430, 10
DRAWN = 100  # different ones
RATE = 0.5  # of right answers
RUNS = (1, 2, 6)

LONGEST = 60.0  # seconds
LARGEST_MEMORY = 1.0  # GB
LARGEST_PAGE = 5.0  # MB, without thumbnails


@dataclass(frozen=True)
class Measurement:
    """What a report took.

    Attributes:
        seconds: from the files of the runs to the report.
        processor: seconds of a processor in that time, which other programs on the machine do not lengthen.
        memory: most gigabytes in memory, imports included.
        pages: how many there are.
        size: gigabytes of all pages.
        largest_page: megabytes of the largest.
    """

    seconds: float
    processor: float
    memory: float
    pages: int
    size: float
    largest_page: float


def measure(runs: list[Path], pictures: Path, embeds: bool) -> Measurement:
    """Writes the report of one run, or the comparison of several; to be called in a fresh process."""
    start, processor_start = time.perf_counter(), time.process_time()
    found = open_pictures(pictures, None, pictures)
    answers = {run.name: read_answers(run) for run in runs}
    with tempfile.TemporaryDirectory() as temporary:
        output = Path(temporary) / "report"
        if len(runs) == 1:
            write_html(*answers.values(), output, found, embeds, _no_progress)
        else:
            write_comparison(answers, output, found, embeds, _no_progress)
        seconds, processor = time.perf_counter() - start, time.process_time() - processor_start
        sizes = [path.stat().st_size for path in output.rglob("*.html")]
    return Measurement(seconds, processor, peak_memory(), len(sizes), sum(sizes) / 1e9, max(sizes) / 1e6)


def _no_progress(title: str, done: int, total: int) -> None:
    pass


def _write_run(folder: Path, questions: list[dict[str, Any]], random: np.random.Generator) -> Path:
    folder.mkdir()
    with (folder / "predictions.jsonl").open("w") as file:
        for question in questions:
            others = random.permutation(ANSWERS)[:TOP_K]
            scores = np.sort(random.dirichlet(np.ones(ANSWERS)))[::-1].round(6)
            names = [f"answer{number}" for number in others]
            if random.random() < RATE:
                names[0] = question["truth"]
            answers = [{"answer": name, "score": score} for name, score in zip(names, scores, strict=False)]
            file.write(json.dumps({**question, "answers": answers}) + "\n")
    return folder


def _questions(random: np.random.Generator) -> Iterator[dict[str, Any]]:
    for _ in range(QUESTIONS):
        yield {
            "question": " ".join(f"word{number}" for number in random.integers(0, 10_000, WORDS)),
            "image": str(1 + random.integers(PICTURES)),
            "type": str(random.choice(TYPES)),
            "truth": f"answer{random.integers(ANSWERS)}",
        }


def _draw_pictures(folder: Path, random: np.random.Generator) -> None:
    """Draws some pictures, and gives each of them the names of many."""
    folder.mkdir()
    for number in range(1, PICTURES + 1):
        path = folder / f"{number}.jpg"
        if number <= DRAWN:
            small = Image.fromarray(random.integers(0, 256, (24, 32, 3), np.uint8))
            small.resize((640, 480), Image.Resampling.BICUBIC).save(path)
        else:
            path.hardlink_to(folder / f"{1 + number % DRAWN}.jpg")


def main(embed: Annotated[bool, Option("--embed", help="Put thumbnails into the pages.")] = False) -> None:
    """Print what a report of one run, and comparisons of several, take at full size."""
    table = Table(title=f"Reports on {QUESTIONS} questions", title_justify="left")
    for heading in ("runs", "time", "processor", "peak memory", "pages", "all pages", "largest page"):
        table.add_column(heading, justify="right")
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _draw_pictures(folder / "images", random)
        questions = list(_questions(random))
        runs = [_write_run(folder / f"run{number}", questions, random) for number in range(max(RUNS))]
        for count in RUNS:
            measured = in_own_process(measure, runs[:count], folder / "images", embed)
            table.add_row(
                str(count),
                f"{measured.seconds:.0f} s",
                f"{measured.processor:.0f} s",
                f"{measured.memory:.2f} GB",
                str(measured.pages),
                f"{measured.size:.2f} GB",
                f"{measured.largest_page:.2f} MB",
            )
    table.add_section()
    table.add_row("bar", f"{LONGEST:.0f} s", "", f"{LARGEST_MEMORY:.2f} GB", "", "", f"{LARGEST_PAGE:.2f} MB")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
