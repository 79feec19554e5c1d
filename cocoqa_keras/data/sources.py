"""Sources of questions, recognised by what they are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cocoqa_keras.data import daquar, own_questions, vqa
from cocoqa_keras.data.cocoqa_text import read_cocoqa
from cocoqa_keras.data.examples import Parts
from cocoqa_keras.errors import InputError


@dataclass(frozen=True)
class Source:
    """A kind of source.

    Attributes:
        name: what it is called.
        sign: what it is recognised by, in words.
        is_at: whether a path is one.
        read: reads it, with the options that it takes.
        options: the names of these.
    """

    name: str
    sign: str
    is_at: Callable[[Path], bool]
    read: Callable[..., Parts]
    options: tuple[str, ...] = ()


def _has(pattern: str) -> Callable[[Path], bool]:
    return lambda path: next(path.glob(pattern), None) is not None


SOURCES = (
    Source("COCO-QA", "a folder with train/questions.txt", _has("train/questions.txt"), read_cocoqa),
    Source(
        "DAQUAR",
        f"a folder with {daquar.TRAIN_PATTERN}",
        _has(daquar.TRAIN_PATTERN),
        daquar.read_daquar,
        ("answers",),
    ),
    Source("VQA", "a folder with *questions.json", _has("*questions.json"), vqa.read_vqa),
    Source(
        "questions of your own",
        "a .jsonl or .csv file",
        lambda path: path.is_file() and path.suffix.lower() in own_questions.SUFFIXES,
        own_questions.read_own_questions,
        ("held_out",),
    ),
)


def read_source(path: str | Path, **options: Any) -> Parts:
    """Reads questions from whatever they lie in: COCO-QA, DAQUAR, VQA, or a file of your own.

    Args:
        path: the folder or file.
        **options: options of the source's reader; None stands for what it does by default.

    Raises:
        InputError: it is no source, an option does not apply to it, or it is damaged.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path} does not exist; give the folder or file of the questions")
    source = next((source for source in SOURCES if source.is_at(path)), None)
    if source is None:
        known = "; ".join(f"{source.sign} ({source.name})" for source in SOURCES)
        raise InputError(f"{path} holds no questions that are known here, which are: {known}")
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in source.options:
            option = f"--{name.replace('_', '-')}"
            raise InputError(f"{option} does not apply to {path}, which is {source.name}; leave it away")
    return source.read(path, **given)
