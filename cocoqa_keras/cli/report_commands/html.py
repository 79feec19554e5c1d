"""cocoqa-report html: a run as pages to browse."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from cocoqa_keras.cli.options import DEFAULT_DATA
from cocoqa_keras.cli.report_commands.options import Annotations, Embed, Pictures
from cocoqa_keras.cli.report_commands.pages import write_with_progress


def html(
    run: Annotated[Path, Argument(metavar="RUN", help="Folder of a finished run.")],
    output: Annotated[
        Path | None,
        Option(metavar="DIR", help="Folder for the pages; by default report, in that of the run."),
    ] = None,
    pictures: Pictures = None,
    annotations: Annotations = None,
    embed: Embed = False,
) -> None:
    """Show every test question with its picture and the answers of a run, by type and by right and wrong.

    Try it: cocoqa-report html RUN
    """
    from cocoqa_keras.data.picture_files import open_pictures
    from cocoqa_keras.report.answers import read_answers
    from cocoqa_keras.report.html import write_html

    answers = read_answers(run)
    found = open_pictures(pictures, annotations, answers.data_folder or DEFAULT_DATA)
    write_with_progress(
        answers.name,
        answers.questions,
        found,
        lambda progress: write_html(answers, output or run / "report", found, embed, progress),
    )
