"""cocoqa-report ask: new questions about pictures of the test part, answered by several runs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from cocoqa_keras.cli.options import DEFAULT_DATA
from cocoqa_keras.cli.output import print_line
from cocoqa_keras.cli.report_commands.document import print_document
from cocoqa_keras.cli.report_commands.named_runs import read_named_runs
from cocoqa_keras.cli.report_commands.options import Annotations, Embed, Pictures, TopK
from cocoqa_keras.cli.run_folder import open_answerer
from cocoqa_keras.errors import InputError


class Format(StrEnum):
    """What the answers are written as."""

    HTML = "html"
    LATEX = "latex"


def ask(
    questions: Annotated[
        Path,
        Argument(
            metavar="QUESTIONS",
            help="CSV lines QID,question,answer: a question about the picture of test question QID (from 0), "
            "and the answer that is expected, which may be empty.",
        ),
    ],
    runs: Annotated[
        list[str],
        Argument(metavar="NAME=RUN", help="A name to show, and the folder of a finished run."),
    ],
    format_: Annotated[Format, Option("--format", help="A page, or a document.")] = Format.HTML,
    output: Annotated[
        Path,
        Option(
            metavar="DIR",
            help="Folder for the page or document; an older report there is replaced, a PDF in it too.",
        ),
    ] = Path("answers"),
    pictures: Pictures = None,
    annotations: Annotations = None,
    embed: Embed = False,
    top_k: TopK = 5,
    data: Annotated[
        Path | None,
        Option(metavar="DIR", help="Folder of the encoded data; by default that of each training."),
    ] = None,
    features: Annotated[
        Path | None,
        Option(metavar="FILE", help="Image features (HDF5); by default those of each training."),
    ] = None,
) -> None:
    """Ask runs new questions about pictures of the test part.

    Try it: cocoqa-report ask QUESTIONS bow=RUN img_bow=RUN
    """
    if embed and format_ is Format.LATEX:
        raise InputError("--embed is for pages, and a document has copies of its pictures; leave it out")
    from cocoqa_keras.data.picture_files import open_pictures
    from cocoqa_keras.report.ask import answer_new_questions, write_answers_page
    from cocoqa_keras.report.latex import write_latex
    from cocoqa_keras.report.question_list import read_new_questions

    named = read_named_runs(runs)
    first = next(iter(named.values()))
    asked = read_new_questions(questions, len(first.questions))
    found = open_pictures(pictures, annotations, data or first.data_folder or DEFAULT_DATA)
    answerers = {name: open_answerer(run.folder, data, features) for name, run in named.items()}
    images = [first.questions[question.number].image for question in asked]
    shown = answer_new_questions(asked, images, answerers, top_k)
    if format_ is Format.LATEX:
        print_document(write_latex(shown, list(named.values()), output, found), len(shown))
    else:
        print_line(f"Open {write_answers_page(shown, list(named.values()), output, found, embed)}")
