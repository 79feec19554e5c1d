"""IMG+PRIOR: a model of the image alone, corrected by what the question's object goes with."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.data.vocabulary import UNKNOWN, Vocabulary
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.metrics import rate
from cocoqa_keras.evaluation.non_nouns import non_nouns

DELTAS = (1e-6, 5e-6, 1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 5e-3, 0.01, 0.05, 0.1, 0.5, 1.0)

_OPENINGS = {QuestionType.NUMBER: ("how", "many"), QuestionType.LOCATION: ("where",)}


def object_word(words: Sequence[str], kind: QuestionType, not_objects: Container[str]) -> str:
    """The word of a question that names the object it asks about.

    It is the last word where the question asks for a color. Where it asks for a number or a location, it is
    the first word after `how many` or `where` that is not in `not_objects`. `UNK` where there is none.

    Args:
        words: the question.
        kind: what it asks for: a number, a color or a location.
        not_objects: words that name no object, as `non_nouns` returns them.

    Reference: Ren, Kiros and Zemel (2015), section 4.2; the 2015 program's visual prior.
    """
    if kind == QuestionType.COLOR:
        return words[-1] if words else UNKNOWN
    after = _words_after(words, _OPENINGS[kind])
    return next((word for word in after if word not in not_objects), UNKNOWN)


def _words_after(words: Sequence[str], opening: tuple[str, ...]) -> Sequence[str]:
    length = len(opening)
    starts = range(length, len(words) + 1)
    start = next((start for start in starts if tuple(words[start - length : start]) == opening), len(words))
    return words[start:]


@dataclass(frozen=True, eq=False)
class VisualPrior:
    """How often the object of a question goes with its answer.

    Attributes:
        objects: W object words, with ids from 0; `UNK` stands for all others.
        shares: float64 (W, A), the share of each object among the questions with an answer; 0 for an
            answer that no question has.
    """

    objects: Vocabulary
    shares: np.ndarray

    @classmethod
    def of(
        cls, objects: Vocabulary, object_words: Sequence[str], answers: np.ndarray, answer_count: int
    ) -> "VisualPrior":
        """Counts objects and answers.

        Args:
            objects: the objects to tell apart, with ids from 0.
            object_words: the object word of each question, M of them.
            answers: int (M,), their answers.
            answer_count: A, the number of answers.
        """
        counts = np.zeros((len(objects), answer_count))
        np.add.at(counts, (objects.encode(object_words), answers), 1)
        return cls(objects, counts / np.maximum(counts.sum(axis=0), 1))

    def likelihoods(self, object_words: Sequence[str], delta: float) -> np.ndarray:
        """P(object | answer) for every answer, float64 (N, A).

        Args:
            object_words: the object word of each question, N of them.
            delta: smooths the shares; the greater, the less the prior tells.
        """
        shares = self.shares[self.objects.encode(object_words)]
        return (shares + delta) / (shares.shape[1] * delta + 1)

    def choose_delta(self, scores: np.ndarray, object_words: Sequence[str], answers: np.ndarray) -> float:
        """The one of `DELTAS` with the highest rate; of equal ones the first.

        Args:
            scores: (N, A), P(answer | image).
            object_words: the object word of each question, N of them.
            answers: int (N,), the true answers.
        """
        return max(DELTAS, key=lambda delta: rate(scores * self.likelihoods(object_words, delta), answers))


def add_prior(
    dataset: Dataset, kind: QuestionType, valid_scores: np.ndarray, test_scores: np.ndarray
) -> np.ndarray:
    """Corrects the test scores of a model of the image alone: P(object | answer) P(answer | image).

    Objects are those of the training questions, counted over training and validation questions; delta is
    the best on the validation questions, which are thus among those counted, as in the 2015 program.
    Questions for objects have no prior: their scores stay.

    Args:
        dataset: the questions of one type, of `of_type`.
        kind: that type.
        valid_scores: (V, A), the model's scores of the validation questions.
        test_scores: (N, A), of the test questions.

    Returns:
        (N, A); the rows do not add up to 1.

    Raises:
        InputError: there are no validation questions to choose delta on.

    Reference: Ren, Kiros and Zemel (2015), section 4.2.
    """
    if kind == QuestionType.OBJECT:
        return test_scores
    if dataset.valid is None:
        raise InputError(
            f"{dataset.folder}: no validation question asks for {kind.name.lower()}, so none to choose "
            "the smoothing of the visual prior on; use data with a part valid.npy"
        )
    not_objects = non_nouns(word for word in dataset.question_words.words if word != UNKNOWN)

    def objects_of(part: str) -> list[str]:
        return [object_word(words, kind, not_objects) for words in dataset.words_of(part)]

    train, valid = objects_of("train"), objects_of("valid")
    prior = VisualPrior.of(
        Vocabulary.of_words(train, first_id=0),
        train + valid,
        np.concatenate([dataset.train.answers, dataset.valid.answers]),
        dataset.answer_count,
    )
    delta = prior.choose_delta(valid_scores, valid, dataset.valid.answers)
    return test_scores * prior.likelihoods(objects_of("test"), delta)
