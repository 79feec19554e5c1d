"""The four types of question in COCO-QA."""

from collections.abc import Sequence
from enum import IntEnum


class QuestionType(IntEnum):
    """What a question asks for, numbered as in `types.txt` and `test-qtype.npy`."""

    OBJECT = 0
    NUMBER = 1
    COLOR = 2
    LOCATION = 3


def question_type(words: Sequence[str]) -> QuestionType:
    """Guesses a question's type from its words, for data without a list of types.

    Args:
        words: the question in lower case.

    Reference: the 2015 program's rule for data folders without `test-qtype.npy`.
    """
    question = " ".join(words)
    if "how many" in question:
        return QuestionType.NUMBER
    if question.startswith("what is the color") or (question.startswith("what") and "colour" in question):
        return QuestionType.COLOR
    if question.startswith("where"):
        return QuestionType.LOCATION
    return QuestionType.OBJECT
