"""The COCO-QA text release."""

from pathlib import Path

from cocoqa_keras.data.examples import Examples, Parts
from cocoqa_keras.data.question_fields import parse_answer, parse_image_number, parse_question, parse_type
from cocoqa_keras.data.source_files import read_lines
from cocoqa_keras.errors import InputError

_COLUMNS = {
    "questions": parse_question,
    "answers": parse_answer,
    "img_ids": parse_image_number,
    "types": parse_type,
}


def read_cocoqa(folder: Path) -> Parts:
    """Reads the COCO-QA text release; the last tenth of the training text becomes the validation part.

    Args:
        folder: it has `train` and `test`, each with `questions.txt`, `answers.txt`, `img_ids.txt` and
            `types.txt`, aligned by line.

    Raises:
        InputError: see `read_cocoqa_text`.

    Reference: Ren, Kiros and Zemel (2015), section 3.3.
    """
    return Parts.of_text(read_cocoqa_text(folder / "train"), read_cocoqa_text(folder / "test"))


def read_cocoqa_text(folder: Path) -> Examples:
    """Reads one part (`train` or `test`) of the COCO-QA text release.

    Raises:
        InputError: a file is missing or not UTF-8, the files have different numbers of lines, or a line
            is empty or not of its kind.
    """
    columns = []
    for name, parse in _COLUMNS.items():
        path = folder / f"{name}.txt"
        columns.append([parse(line, f"{path}, line {n}") for n, line in enumerate(read_lines(path), 1)])
        if len(columns[-1]) != len(columns[0]):
            raise InputError(
                f"{path} has {len(columns[-1])} lines and questions.txt {len(columns[0])}: "
                "fetch the text anew"
            )
    return Examples(*columns)
