"""What a run answered to every question, read back from its folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, FiniteFloat, TypeAdapter
from pydantic.dataclasses import dataclass as checked_dataclass

from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.errors import InputError
from cocoqa_keras.training.run_files import parse_json, read_summary
from cocoqa_keras.training.run_summary import RunSummary

TYPES = tuple(kind.name.lower() for kind in QuestionType)
ALL = "all"  # in place of a type or an outcome: any


def _a_type(name: str) -> str:
    if name not in TYPES:
        raise ValueError(f"should be one of {', '.join(TYPES)}")
    return name


@checked_dataclass(frozen=True, slots=True)
class ScoredAnswer:
    """An answer of a model, and the score that it has there."""

    answer: str
    score: FiniteFloat


@checked_dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question, and what a model answered.

    Attributes:
        question: the question in words.
        image: the name of the image, such as an MS-COCO id.
        type: the name of a `QuestionType`, in lower case.
        truth: the true answer.
        answers: the model's best answers, the best first.
    """

    question: str
    image: str
    type: Annotated[str, AfterValidator(_a_type)]
    truth: str
    answers: Annotated[list[ScoredAnswer], Field(min_length=1)]

    @property
    def is_right(self) -> bool:
        """Whether the best answer is the true one."""
        return self.answers[0].answer == self.truth

    @property
    def outcome(self) -> Literal["right", "wrong"]:
        """The same in a word."""
        return "right" if self.is_right else "wrong"


@dataclass(frozen=True)
class RunAnswers:
    """A run, by what it answered.

    Attributes:
        name: the run's name.
        folder: the run folder.
        questions: those of the test part; the number of a question, from 0, is its place among them.
        summary: what `run.json` tells, or nothing where there is none: several runs together have none.
    """

    name: str
    folder: Path
    questions: Sequence[AnsweredQuestion]
    summary: RunSummary

    @property
    def data_folder(self) -> Path | None:
        """The folder of the data that the run was trained on, if it is known."""
        folder = self.summary.data.folder
        return None if folder is None else Path(folder)


def read_answers(run: str | Path) -> RunAnswers:
    """Reads what a run answered: `predictions.jsonl`, and `run.json` beside it.

    Args:
        run: a run folder, or one that `cocoqa-evaluate --output` has written.

    Raises:
        InputError: the folder has no answers, or a file of it is damaged.
    """
    folder = Path(run)
    path = folder / "predictions.jsonl"
    if not path.is_file():
        raise InputError(f"{folder} is not the folder of a finished run: it has no predictions.jsonl")
    try:
        with path.open("rb") as file:
            questions = [
                parse_json(_QUESTION, line, f"{path}, line {row}") for row, line in enumerate(file, 1)
            ]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    if not questions:
        raise InputError(f"{path}: there are no answers in it; train anew")
    summary = read_summary(folder) if (folder / "run.json").is_file() else RunSummary()
    return RunAnswers(folder.resolve().name, folder, questions, summary)


_QUESTION = TypeAdapter(AnsweredQuestion)
