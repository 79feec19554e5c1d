"""GUESS: the most frequent answer of each question type, whatever the question."""

import numpy as np

from cocoqa_keras.data.question_types import QuestionType


def guess(
    train_answers: np.ndarray, train_types: np.ndarray, types: np.ndarray, answer_count: int
) -> np.ndarray:
    """Scores each answer by its share among the training questions of the same type.

    A type that training has no question of takes the shares among all training questions.

    Args:
        train_answers: int (M,), from 0.
        train_types: int (M,), a `QuestionType` a training question.
        types: int (N,), a `QuestionType` a question to answer.
        answer_count: A, the number of answers.

    Returns:
        float32 (N, A)

    Reference: Ren, Kiros and Zemel (2015), section 4.2.
    """
    counts = np.zeros((len(QuestionType), answer_count))
    np.add.at(counts, (train_types, train_answers), 1)
    counts[~counts.any(axis=1)] = counts.sum(axis=0)
    shares = counts / counts.sum(axis=1, keepdims=True)
    return shares.astype(np.float32)[types]
