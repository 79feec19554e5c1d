"""What a model answered to every question of a part: `predictions.jsonl`."""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.metrics import TOP_K, best_answers
from cocoqa_keras.files import atomic_path

_BLOCK = 1000  # questions that are ranked at a time
_DIGITS = 6  # of a score


def predictions(
    dataset: Dataset, split: str, scores: np.ndarray, answers: Vocabulary | None = None, top_k: int = TOP_K
) -> Iterator[dict[str, Any]]:
    """What a model answered, question by question.

    Args:
        dataset: the data set, in its own words.
        split: the part, `train`, `valid` or `test`.
        scores: (N, A), the higher the better.
        answers: the answer of each column of the scores; by default the data set's.
        top_k: how many answers to list.

    Yields:
        `question` in words, `image` (its name in the data set, an MS-COCO id), `type`, `truth`, and
        `answers`, the best first: each with `answer` and `score`.

    Raises:
        InputError: one of these scores is not finite.
    """
    part = dataset.split(split)
    names = (dataset.answers if answers is None else answers).words
    questions, types = dataset.words_of(split), dataset.types_of(split)
    for start in range(0, len(part), _BLOCK):
        block = scores[start : start + _BLOCK]
        best = best_answers(block, top_k)
        best_scores = np.take_along_axis(block, best, axis=1)
        for row, (ids, values) in enumerate(zip(best.tolist(), best_scores.tolist(), strict=True), start):
            question = " ".join(questions[row])
            check_scores(question, values)
            yield {
                "question": question,
                "image": dataset.image_names[part.image_ids[row] - 1],
                "type": QuestionType(types[row]).name.lower(),
                "truth": dataset.answers.words[part.answers[row]],
                "answers": [
                    {"answer": names[answer], "score": round(score, _DIGITS)}
                    for answer, score in zip(ids, values, strict=True)
                ],
            }


def write_predictions(
    path: str | Path, dataset: Dataset, split: str, scores: np.ndarray, answers: Vocabulary | None = None
) -> None:
    """Writes what `predictions` yields as JSON, an object a line.

    Raises:
        InputError: a score is not finite, or the file cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        for prediction in predictions(dataset, split, scores, answers):
            file.write(json.dumps(prediction, ensure_ascii=False) + "\n")


def check_scores(question: str, scores: Sequence[float]) -> None:
    """Refuses scores that JSON cannot hold.

    Args:
        question: what they answer.
        scores: of its best answers.

    Raises:
        InputError: one is NaN or infinite.
    """
    if not all(map(math.isfinite, scores)):
        raise InputError(
            f"the model's scores for the question {question[:60]!r} are not all finite: its weights have run "
            "away; train anew with lower learning rates"
        )
