"""Guessing the type of a question."""

import pytest

from cocoqa_keras.data.question_types import QuestionType, question_type


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what is on the table", QuestionType.OBJECT),
        ("what color is the cat", QuestionType.OBJECT),
        ("is what is the color a question", QuestionType.OBJECT),
        ("somewhere there is a cat", QuestionType.OBJECT),
        ("", QuestionType.OBJECT),
        ("how many cats are there", QuestionType.NUMBER),
        ("where are how many cats", QuestionType.NUMBER),
        ("what is the color of the cat", QuestionType.COLOR),
        ("what colour is the cat", QuestionType.COLOR),
        ("the colour is what", QuestionType.OBJECT),
        ("where is the cat", QuestionType.LOCATION),
    ],
)
def test_the_first_words_tell_the_type(question, expected):
    assert question_type(question.split()) == expected


def test_types_are_numbered_as_in_the_files():
    assert [kind.name.lower() for kind in sorted(QuestionType)] == ["object", "number", "color", "location"]
    assert list(map(int, sorted(QuestionType))) == [0, 1, 2, 3]


def test_the_guess_agrees_with_the_types_of_coco_qa(shared):
    folder = shared / "data" / "cocoqa" / "test"
    questions = (folder / "questions.txt").read_text().splitlines()
    types = (folder / "types.txt").read_text().splitlines()
    wrong = sum(question_type(q.split()) != int(t) for q, t in zip(questions, types, strict=True))
    assert wrong == 3
