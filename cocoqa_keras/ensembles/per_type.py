"""One model for each question type."""

from collections.abc import Mapping

import numpy as np

from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError


def combine_by_type(scores_by_type: Mapping[QuestionType, np.ndarray], types: np.ndarray) -> np.ndarray:
    """The scores that the model of each question's type gives it.

    Args:
        scores_by_type: (N, A) of the model of each type, for all questions; the rows of questions of other
            types do not matter.
        types: (N,) int, a `QuestionType` a question.

    Returns:
        (N, A)

    Raises:
        InputError: a type has no model, or the shapes do not fit each other.

    Reference:
        The 2015 program's ensembles: one model per question type.
    """
    kinds = [QuestionType(kind) for kind in np.unique(types)]
    missing = [kind.name.lower() for kind in kinds if kind not in scores_by_type]
    if missing:
        raise InputError(f"no model answers questions of type {', '.join(missing)}; give one for each type")
    shapes = [np.shape(scores_by_type[kind]) for kind in kinds]
    if len(set(shapes)) != 1 or shapes[0][:1] != np.shape(types):
        raise InputError(
            f"expected scores of {len(types)} questions for the same answers from each model, found shapes "
            f"{', '.join(map(str, shapes))}"
        )
    combined = np.empty_like(scores_by_type[kinds[0]])
    for kind in kinds:
        combined[types == kind] = scores_by_type[kind][types == kind]
    return combined


def map_answers(scores: np.ndarray, answers: Vocabulary, all_answers: Vocabulary) -> np.ndarray:
    """Scores in columns of another list of answers, matched by name.

    Args:
        scores: (N, A), a column for each of `answers`.
        answers: the answers that the model knows.
        all_answers: the answers of the result.

    Returns:
        (N, B), of the dtype of `scores`, a column for each of `all_answers`: 0 where the model does not know
        it. `UNK` gets the sum of its own score and those of the answers that `all_answers` lacks.

    Raises:
        InputError: there are not as many columns as answers.

    Reference:
        The 2015 program's models of one question type, trained on data folders `NAME-object`, `-number`,
        `-color` and `-location` with answers of their own.
    """
    if scores.shape[1:] != (len(answers),):
        raise InputError(
            f"expected a column of scores for each of {len(answers)} answers, found shape {scores.shape}"
        )
    mapped = np.zeros((len(scores), len(all_answers)), scores.dtype)
    for column, answer in enumerate(all_answers.encode(answers.words)):
        mapped[:, answer - all_answers.first_id] += scores[:, column]
    return mapped
