"""cocoqa-report compare: several runs side by side, as pages to browse."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from cocoqa_keras.cli.options import DEFAULT_DATA
from cocoqa_keras.cli.report_commands.named_runs import read_named_runs
from cocoqa_keras.cli.report_commands.options import Annotations, Embed, Pictures
from cocoqa_keras.cli.report_commands.pages import write_with_progress
from cocoqa_keras.errors import InputError


def compare(
    runs: Annotated[
        list[str],
        Argument(metavar="NAME=RUN...", help="A name to show, and the folder of a finished run; two to six."),
    ],
    output: Annotated[Path, Option(metavar="DIR", help="Folder for the pages.")] = Path("comparison"),
    pictures: Pictures = None,
    annotations: Annotations = None,
    embed: Embed = False,
) -> None:
    """Show the test questions by which runs answer them rightly, and whether the runs differ.

    Try it: cocoqa-report compare bow=RUN img_bow=RUN
    """
    from cocoqa_keras.data.picture_files import open_pictures
    from cocoqa_keras.report.compare import MOST_RUNS, write_comparison

    if not 2 <= len(runs) <= MOST_RUNS:
        raise InputError(f"give two to {MOST_RUNS} runs, each as NAME=RUN; there are {len(runs)}")
    named = read_named_runs(runs)
    first = next(iter(named.values()))
    found = open_pictures(pictures, annotations, first.data_folder or DEFAULT_DATA)
    write_with_progress(
        ", ".join(named),
        first.questions,
        found,
        lambda progress: write_comparison(named, output, found, embed, progress),
    )
