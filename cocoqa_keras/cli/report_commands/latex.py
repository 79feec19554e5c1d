"""cocoqa-report latex: chosen questions with their pictures and answers, as LaTeX."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from cocoqa_keras.cli.options import DEFAULT_DATA
from cocoqa_keras.cli.report_commands.document import print_document
from cocoqa_keras.cli.report_commands.named_runs import read_named_runs
from cocoqa_keras.cli.report_commands.options import Annotations, Pictures, TopK
from cocoqa_keras.cli.run_folder import named


def latex(
    runs: Annotated[
        list[str],
        Argument(
            metavar="[NAME=]RUN",
            help="Folders of finished runs; NAME= before one says what to call it.",
        ),
    ],
    questions: Annotated[
        Path,
        Option(metavar="FILE", help="Which test questions: lines QID or QID,comment; the first QID is 0."),
    ],
    output: Annotated[
        Path,
        Option(
            metavar="DIR",
            help="Folder for the document and its pictures; an older report there is replaced, "
            "a PDF in it too.",
        ),
    ] = Path("latex"),
    pictures: Pictures = None,
    annotations: Annotations = None,
    top_k: TopK = 3,
) -> None:
    """Make a LaTeX document of chosen test questions, with their pictures and the answers of runs.

    Try it: cocoqa-report latex RUN --questions FILE
    """
    from cocoqa_keras.data.picture_files import open_pictures
    from cocoqa_keras.report.latex import write_latex
    from cocoqa_keras.report.question_list import read_question_list
    from cocoqa_keras.report.shown_question import shown_questions

    answered = read_named_runs([named(Path(run)) if Path(run).is_dir() else run for run in runs])
    first = next(iter(answered.values()))
    listed = read_question_list(questions, len(first.questions))
    found = open_pictures(pictures, annotations, first.data_folder or DEFAULT_DATA)
    shown = shown_questions(answered, listed, top_k)
    print_document(write_latex(shown, list(answered.values()), output, found), len(shown))
