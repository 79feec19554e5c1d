"""A question as documents show it: with its picture and the answers of several models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cocoqa_keras.report.answers import RunAnswers, ScoredAnswer
from cocoqa_keras.report.question_list import ListedQuestion


@dataclass(frozen=True)
class ShownQuestion:
    """A question, and what models answer.

    Attributes:
        number: the place in the test part, from 0, of the question, or of one about the same picture.
        image: the name of the image.
        question: the question in words.
        truth: the true answer, or empty where it is not known.
        answers: of each model by its name, the best answers, the best first.
        note: what is to be said of it; may be empty.
    """

    number: int
    image: str
    question: str
    truth: str
    answers: Mapping[str, Sequence[ScoredAnswer]]
    note: str = ""

    def outcome(self, answer: ScoredAnswer) -> str:
        """Whether an answer is `right` or `wrong`, or `open` where the true one is not known."""
        if not self.truth:
            return "open"
        return "right" if answer.answer == self.truth else "wrong"


def shown_questions(
    runs: Mapping[str, RunAnswers], listed: Sequence[ListedQuestion], top_k: int
) -> list[ShownQuestion]:
    """Looks up questions of the test part.

    Args:
        runs: the models by name, all over the same questions.
        listed: which questions.
        top_k: how many answers of each model; no more are shown than the run has kept.
    """
    first = next(iter(runs.values()))
    shown = []
    for number, comment in listed:
        asked = first.questions[number]
        answers = {name: run.questions[number].answers[:top_k] for name, run in runs.items()}
        shown.append(ShownQuestion(number, asked.image, asked.question, asked.truth, answers, comment))
    return shown
