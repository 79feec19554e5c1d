"""cocoqa-report latex: chosen questions with their pictures and answers, as LaTeX."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from cocoqa_keras.cli.options import DEFAULT_DATA
from cocoqa_keras.cli.report_commands.named_runs import read_named_runs
from cocoqa_keras.cli.report_commands.options import Annotations, Pictures, TopK


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
    output: Annotated[Path, Option(metavar="DIR", help="Folder for the document and its pictures.")] = Path(
        "latex"
    ),
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

    named = read_named_runs([_with_name(run) for run in runs])
    first = next(iter(named.values()))
    listed = read_question_list(questions, len(first.questions))
    found = open_pictures(pictures, annotations, first.data_folder or DEFAULT_DATA)
    document = write_latex(shown_questions(named, listed, top_k), list(named.values()), output, found)
    print(f"{len(listed)} questions; make a PDF with: cd {output} && pdflatex {document.name}")


def _with_name(run: str) -> str:
    """A folder without a name is called as it is."""
    return f"{Path(run).resolve().name}={run}" if Path(run).is_dir() else run
