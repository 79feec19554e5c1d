"""What a source may say of a question: each field checked, and brought into the form that is encoded."""

from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.data.vocabulary import tokenize
from cocoqa_keras.errors import InputError

MAX_WORDS = 500  # all questions are padded to the longest

_TYPES = {name: int(kind) for kind in QuestionType for name in (kind.name.lower(), str(int(kind)))}


def parse_question(text: str, where: str) -> list[str]:
    """Returns the words of a question, as `tokenize` finds them.

    Args:
        text: the question.
        where: file, line and field, for the error message.

    Raises:
        InputError: there are no words or more than 500, or characters that are not Unicode.
    """
    words = tokenize(text)
    if not words:
        raise InputError(f"{where}: has no words; write a question there, or take the line out")
    if len(words) > MAX_WORDS:
        raise InputError(f"{where}: has {len(words)} words; {MAX_WORDS} at most make a question")
    _check_unicode(text, where)
    return words


def parse_answer(text: str, where: str) -> str:
    """Returns an answer in lower case, with one space between words.

    Raises:
        InputError: it is empty, or has characters that are not Unicode.
    """
    answer = " ".join(text.lower().split())
    if not answer:
        raise InputError(f"{where}: is empty; write an answer there, or take the line out")
    _check_unicode(answer, where)
    return answer


def parse_image_number(text: str, where: str) -> str:
    """Returns the number of an MS-COCO image, as it is written.

    Raises:
        InputError: it is anything but a number.
    """
    number = text.strip()
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise InputError(f"{where}: is not the number of an image; mend the line or fetch the text anew")
    return number


def parse_type(text: str, where: str) -> int:
    """Returns a `QuestionType`, given by its name or number.

    Raises:
        InputError: it is neither.
    """
    kind = _TYPES.get(text.strip().lower())
    if kind is None:
        raise InputError(f"{where}: is not a type, 0 to 3 or object, number, color, location; mend the line")
    return kind


def _check_unicode(text: str, where: str) -> None:
    """JSON can spell halves of characters, which no file can hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"{where}: has a character that is not Unicode; take it out") from error
