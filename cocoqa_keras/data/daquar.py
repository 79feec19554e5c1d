"""DAQUAR: questions about indoor pictures, some of which have several answers."""

import re
from enum import StrEnum
from pathlib import Path

from cocoqa_keras.data.examples import Example, Examples, Parts
from cocoqa_keras.data.question_fields import parse_answer, parse_question
from cocoqa_keras.data.question_types import question_type
from cocoqa_keras.data.source_files import only_file, read_lines
from cocoqa_keras.errors import InputError

TRAIN_PATTERN, TEST_PATTERN = "qa.*.train.txt", "qa.*.test.txt"

_IMAGE = re.compile(r"\S*image([0-9]+)", re.IGNORECASE)
_IMAGE_PHRASE = re.compile(r"in the image[0-9]+[\s?]*$", re.IGNORECASE)


class AnswerChoice(StrEnum):
    """What becomes of a question with several answers."""

    SINGLE = "single"
    """It is left out, as in the paper."""
    FIRST = "first"
    """The first answer counts."""
    JOIN = "join"
    """All of them are one answer, such as `book, lamp`."""


def read_daquar(folder: Path, answers: AnswerChoice | str = AnswerChoice.SINGLE) -> Parts:
    """Reads DAQUAR; the last tenth of the training questions becomes the validation part.

    A question names its image, as in `what is on the desk in the image3 ?`. The image is `3`, and the words
    are those before `in the image3`. Elsewhere in a question, `image3` becomes `image`: the answer must not
    depend on the number.

    Args:
        folder: it has one file `qa.*.train.txt` and one `qa.*.test.txt`, in which a line with a question and
            a line with its answers, separated by commas, take turns.
        answers: what becomes of questions with several answers.

    Raises:
        InputError: a file is missing, there are two, or a line is not as it should be.

    Reference: Malinowski and Fritz (2014); Ren, Kiros and Zemel (2015), section 4.1.
    """
    choice = AnswerChoice(answers)
    train, test = (
        _read_pairs(only_file(folder, pattern), choice) for pattern in (TRAIN_PATTERN, TEST_PATTERN)
    )
    kept_train, kept_test = ([row for row in part if row is not None] for part in (train, test))
    left_out = len(train) + len(test) - len(kept_train) - len(kept_test)
    return Parts.of_text(Examples.of(kept_train), Examples.of(kept_test), left_out)


def _read_pairs(path: Path, choice: AnswerChoice) -> list[Example | None]:
    """The questions of a file, None where one is to be left out."""
    lines = [line.strip() for line in read_lines(path)]
    if len(lines) % 2:
        raise InputError(
            f"{path} has {len(lines)} lines, and each question needs two, itself and its answers; "
            "fetch the file anew"
        )
    return [
        _example(lines[row], lines[row + 1], choice, f"{path}, line {row + 1}", f"{path}, line {row + 2}")
        for row in range(0, len(lines), 2)
    ]


def _example(
    question: str, answers: str, choice: AnswerChoice, where_question: str, where_answers: str
) -> Example | None:
    image = _last_image(question, where_question)
    words = parse_question(_IMAGE.sub("image", _IMAGE_PHRASE.sub("", question)), where_question)
    answer = _choose(answers, choice, where_answers)
    return None if answer is None else Example(words, answer, image, question_type(words))


def _last_image(question: str, where: str) -> str:
    numbers = _IMAGE.findall(question)
    if not numbers:
        raise InputError(f"{where}: names no image, such as image3; mend the line or fetch the file anew")
    return numbers[-1].lstrip("0") or "0"


def _choose(text: str, choice: AnswerChoice, where: str) -> str | None:
    answers = [parse_answer(answer, where) for answer in text.split(",")]
    if choice is AnswerChoice.JOIN:
        return ", ".join(answers)
    if choice is AnswerChoice.FIRST:
        return answers[0]
    return answers[0] if len(answers) == 1 and " " not in answers[0] else None
