"""Questions, their pictures and models' answers as a LaTeX document."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from PIL import Image

from cocoqa_keras.data.picture_files import Pictures
from cocoqa_keras.data.pictures import read_picture
from cocoqa_keras.files import write_text
from cocoqa_keras.report.answers import RunAnswers
from cocoqa_keras.report.folder import report_folder
from cocoqa_keras.report.rendering import in_words
from cocoqa_keras.report.shown_question import ShownQuestion

DOCUMENT = "document.tex"
BODY = "questions.tex"

_COLUMNS = 4
_PICTURE_SIDE = 1200  # pixels at most; more than print can show at a quarter of a page's width
_QUALITY = 90  # of JPEG, in percent
_LONGEST_WORD = 20  # letters that surely fit into a column; LaTeX may break longer words anywhere

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': r"\textquotedbl{}",
}
_IN_LIGATURE = re.compile("(?<=[-,'`!?])(?=[-,'`])")  # where two characters may become another
# What pdflatex prints of UTF-8 with the font encoding T1, beside ASCII.
_IN_T1 = re.compile("[¡£«»¿À-ÖØ-öø-ĥĨ-ķĹ-ľŁ-ňŊ-ťŨ-žȘ-ț\u2013\u2014\u2018\u2019\u201c\u201d]")
_REPLACEMENT = r"{\fboxsep=1pt\fbox{?}}\allowbreak{}"


def escape_latex(text: str) -> str:
    """Returns text as LaTeX that prints it.

    A letter that pdflatex lacks loses its accents; where that does not help, the character becomes a question
    mark in a box. White space becomes single spaces.

    Args:
        text: any text.
    """
    words = unicodedata.normalize("NFC", text).split()
    return " ".join(map(_escape_word, words))


def write_latex(
    questions: Sequence[ShownQuestion], runs: Sequence[RunAnswers], output: Path, pictures: Pictures
) -> Path:
    """Writes a folder with `document.tex`, its body `questions.tex`, and the pictures.

    `pdflatex document.tex` in that folder makes a PDF; the body may be put into another document.

    Args:
        questions: the questions, at least one, in their order.
        runs: the runs that the answers are from.
        output: the folder to write; an older report there is replaced.
        pictures: where the pictures are. One that has no file is a box that says so.

    Returns:
        the document.

    Raises:
        InputError: a picture cannot be read, the folder holds something else, or it cannot be written to.
    """
    places = {shown.image: pictures.find(shown.image) for shown in questions}
    numbers = {shown.image: shown.number for shown in questions}
    addresses = {image: place for image, place in places.items() if isinstance(place, str)}
    with report_folder(output, runs) as folder:
        files = {
            image: _save_picture(place, folder / "pictures", numbers[image])
            for image, place in places.items()
            if isinstance(place, Path)
        }
        body = _render(BODY, questions=questions, files=files, addresses=addresses, columns=_COLUMNS)
        write_text(folder / BODY, body)
        write_text(folder / DOCUMENT, _render(DOCUMENT, models=in_words(list(questions[0].answers))))
    return output / DOCUMENT


def _save_picture(source: Path, folder: Path, number: int) -> str:
    """Writes a picture as PNG or JPEG, which is all that pdflatex takes; returns the file's name."""
    folder.mkdir(exist_ok=True)
    suffix = ".png" if source.suffix.lower() == ".png" else ".jpg"
    target = folder / f"{number}{suffix}"
    picture = Image.fromarray(read_picture(source))
    picture.thumbnail((_PICTURE_SIDE, _PICTURE_SIDE))
    picture.save(target, quality=_QUALITY)
    return target.name


def _render(template: str, **values: Any) -> str:
    environment = jinja2.Environment(  # noqa: S701, it escapes for LaTeX, by `finalize`
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.PackageLoader("cocoqa_keras.report"),
        finalize=lambda value: escape_latex(str(value)),
    )
    return environment.get_template(template).render(values)


def _escape_word(word: str) -> str:
    between = r"\allowbreak{}" if len(word) > _LONGEST_WORD else ""
    return _IN_LIGATURE.sub("{}", between.join(map(_escape_character, word)))


def _escape_character(character: str) -> str:
    if character.isascii() and character.isprintable():
        return _ESCAPES.get(character, character)
    if _IN_T1.fullmatch(character):
        return character
    base, *marks = unicodedata.normalize("NFD", character)
    return _escape_character(base) if marks else _REPLACEMENT
