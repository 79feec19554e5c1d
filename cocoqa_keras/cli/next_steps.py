"""What a command may be followed by: the last lines that it prints."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from cocoqa_keras.cli.output import print_line
from cocoqa_keras.cli.run_folder import named
from cocoqa_keras.data.features_file import find_features

Command = Sequence[object]  # its words

QUESTION = "what is in the picture?"


def print_next(*commands: Command) -> None:
    """Prints commands, each on a line, as it can be pasted into a shell; nothing where there are none."""
    heading = "Next: "
    for command in commands:
        print_line(f"{heading}{shlex.join(map(str, command))}")
        heading = " " * len(heading)


def training_on(data: Path) -> Command:
    """Trains on a data folder, with images where it has features of them."""
    return ("cocoqa-train", "bow" if find_features(data) is None else "img_bow", "--data", data)


def uses_of_run(run: Path, takes_image: bool) -> list[Command]:
    """What can be done with a run that has just been trained."""
    if not (run / "model.keras").is_file():
        return []
    ask = ("cocoqa-predict", run, "--question", QUESTION, *(("--image", 1) if takes_image else ()))
    return [("cocoqa-evaluate", run), ask, ("cocoqa-report", "html", run)] if _is_tested(run) else [ask]


def comparison_of_runs(first: Path, second: Path) -> list[Command]:
    """How to look at two runs side by side, each by the name of its folder."""
    runs = [named(run) for run in (first, second) if _is_tested(run)]
    names = {run.partition("=")[0] for run in runs}
    return [("cocoqa-report", "compare", *runs)] if len(names) == 2 else []


def views_of_run(run: Path) -> list[Command]:
    """How to look at what a run answers."""
    report = [("cocoqa-report", "html", run)] if _is_tested(run) else []
    return [*report, ("cocoqa-demo", run)] if (run / "saved_model").is_dir() else report


def _is_tested(run: Path) -> bool:
    return (run / "predictions.jsonl").is_file()
