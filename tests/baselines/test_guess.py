"""GUESS."""

import numpy as np
import pytest

from cocoqa_keras.baselines.guess import guess
from cocoqa_keras.data.question_types import QuestionType, question_type
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.evaluation.evaluator import evaluate


def test_the_papers_figures_to_the_last_digit(shared):
    def read(part, name):
        return (shared / "data" / "cocoqa" / part / f"{name}.txt").read_text().splitlines()

    train_words = read("train", "answers")
    answers = Vocabulary.of_words(train_words, first_id=0)
    train_answers, true = (
        np.array(answers.encode(words)) for words in (train_words, read("test", "answers"))
    )
    train_types, types = (np.array(read(part, "types"), int) for part in ("train", "test"))
    scores = guess(train_answers, train_types, types, len(answers))
    figures = evaluate(scores, true, types)
    published = {"rate": 0.0730, "object": 0.0247, "number": 0.3710, "color": 0.1417, "location": 0.0928}
    assert {name: round(figures[name], 4) for name in published} == published
    best = {QuestionType(kind).name: answers.word_of(scores[types == kind][0].argmax()) for kind in range(4)}
    assert best == {"OBJECT": "cat", "NUMBER": "two", "COLOR": "white", "LOCATION": "room"}


def test_answers_score_by_their_share_in_the_type():
    train_types = np.array([0, 0, 0, 0, 2])
    scores = guess(np.array([1, 2, 1, 0, 2]), train_types, np.array([2, 0]), answer_count=4)
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(scores, [[0, 0, 1, 0], [0.25, 0.5, 0.25, 0]])


def test_a_type_unseen_in_training_takes_the_shares_of_all_questions():
    scores = guess(
        np.array([1, 1, 0, 1]), np.array([0, 0, 2, 2]), np.array([QuestionType.NUMBER]), answer_count=2
    )
    np.testing.assert_array_equal(scores, [[0.25, 0.75]])


@pytest.mark.parametrize("count", [0, 3])
def test_there_is_a_row_for_each_question(count):
    kind = question_type(["where", "is", "it"])
    assert guess(np.array([0]), np.array([0]), np.full(count, kind), answer_count=5).shape == (count, 5)
