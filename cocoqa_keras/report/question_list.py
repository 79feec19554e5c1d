"""Lists of questions by number: some of the test part, and new ones about their pictures."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cocoqa_keras.data.question_fields import parse_answer, parse_question
from cocoqa_keras.data.source_files import read_lines
from cocoqa_keras.errors import InputError


class ListedQuestion(NamedTuple):
    """A question of the test part, and what the list says of it.

    Attributes:
        number: its place in the test part, from 0.
        comment: may be empty.
    """

    number: int
    comment: str


class NewQuestion(NamedTuple):
    """A new question about the picture of one of the test part.

    Attributes:
        number: the place of that one in the test part, from 0.
        question: the new question, as it is written.
        answer: the answer that is expected, or empty where none is.
    """

    number: int
    question: str
    answer: str


def read_question_list(path: Path, count: int) -> list[ListedQuestion]:
    """Reads lines `QID` or `QID,comment`; blank ones and those that begin with `#` are skipped.

    Args:
        path: the file, in UTF-8.
        count: how many questions the test part has.

    Raises:
        InputError: a line is not as it should be, a question is there twice, or there is none.
    """
    listed: dict[int, ListedQuestion] = {}
    for where, line in _lines(path):
        number, _, comment = line.partition(",")
        question = ListedQuestion(_parse_number(number, where, count), comment.strip())
        if question.number in listed:
            raise InputError(f"{where}: question {question.number} is there twice; take one line out")
        listed[question.number] = question
    return _not_empty(list(listed.values()), path)


def read_new_questions(path: Path, count: int) -> list[NewQuestion]:
    """Reads lines `QID,question,answer`, as CSV: a text with a comma stands in double quotes.

    Blank lines and those that begin with `#` are skipped.

    Args:
        path: the file, in UTF-8.
        count: how many questions the test part has.

    Raises:
        InputError: a line is not as it should be, or there is none.
    """
    return _not_empty([_parse_new_question(line, where, count) for where, line in _lines(path)], path)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(read_lines(path), 1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield f"{path}, line {number}", text


def _parse_new_question(line: str, where: str, count: int) -> NewQuestion:
    try:
        (fields,) = csv.reader([line], strict=True, skipinitialspace=True)
    except csv.Error as error:
        raise InputError(f"{where}: {error}; mend the line") from error
    if len(fields) != 3:
        raise InputError(
            f"{where}: has {len(fields)} fields; write QID,question,answer, a text with a comma in quotes"
        )
    number, question, answer = fields
    parse_question(question, f"{where}, field 'question'")
    return NewQuestion(
        _parse_number(number, where, count),
        " ".join(question.split()),
        parse_answer(answer, f"{where}, field 'answer'") if answer.strip() else "",
    )


def _parse_number(text: str, where: str, count: int) -> int:
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= len(str(count)) and int(text) < count:
        return int(text)
    raise InputError(f"{where}: {text!r:.40} is not the number of a test question, 0 to {count - 1}")


def _not_empty(questions: list, path: Path) -> list:
    if not questions:
        raise InputError(f"{path}: there are no questions in it; write a line for each")
    return questions
