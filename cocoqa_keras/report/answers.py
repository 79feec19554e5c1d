"""What a run answered to every question, read back from its folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, FiniteFloat, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.errors import InputError
from cocoqa_keras.report.run_summary import RunSummary

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
        return None if self.summary.data is None else Path(self.summary.data.folder)


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
    summary_path = folder / "run.json"
    try:
        with path.open("rb") as file:
            questions = [_parse(_QUESTION, line, f"{path}, line {row}") for row, line in enumerate(file, 1)]
        summary = summary_path.read_bytes() if summary_path.is_file() else b"{}"
    except OSError as error:
        raise InputError(f"cannot read {error.filename or path}: {error.strerror}") from error
    if not questions:
        raise InputError(f"{path}: there are no answers in it; train anew")
    return RunAnswers(folder.resolve().name, folder, questions, _parse(_SUMMARY, summary, str(summary_path)))


_QUESTION = TypeAdapter(AnsweredQuestion)
_SUMMARY = TypeAdapter(RunSummary)


def _parse(kind: TypeAdapter, text: bytes, where: str) -> Any:
    try:
        return kind.validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        field = ".".join(map(str, problem["loc"]))
        place = f"{where}, field '{field}'" if field else where
        reason = problem["msg"].removeprefix("Value error, ").removeprefix("Input ").partition(" at line ")[0]
        raise InputError(f"{place}: {reason}; train anew") from error
