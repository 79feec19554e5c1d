"""The questions of one type."""

from dataclasses import replace

import numpy as np
import pytest

from cocoqa_keras.baselines.by_type import of_type
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.errors import InputError


@pytest.fixture
def typed(tiny_dataset):
    """Types of all parts by turns, and no number or location among the validation questions."""
    types = {name: np.arange(len(split)) % 4 for name, split in tiny_dataset.splits()}
    types["valid"] = np.array([0, 2, 0, 2, 0, 2])
    return replace(tiny_dataset, given_types=types)


def test_a_type_has_its_questions_in_order_and_all_words_answers_and_images(typed):
    colors = of_type(typed, QuestionType.COLOR)
    for part, rows in (("train", [2, 6, 10]), ("valid", [1, 3, 5]), ("test", [2, 6])):
        np.testing.assert_array_equal(colors.split(part).questions, typed.split(part).questions[rows])
        np.testing.assert_array_equal(colors.split(part).image_ids, typed.split(part).image_ids[rows])
        np.testing.assert_array_equal(colors.split(part).answers, typed.split(part).answers[rows])
        np.testing.assert_array_equal(colors.types_of(part), 2)
    assert colors.question_words == typed.question_words
    assert (colors.answers, colors.image_names) == (typed.answers, typed.image_names)
    assert colors.fingerprint() != typed.fingerprint()


def test_the_types_share_all_questions_among_them(typed):
    counts = [len(of_type(typed, kind).train) for kind in QuestionType]
    assert sum(counts) == len(typed.train)


def test_a_part_without_such_questions_is_none(typed):
    assert of_type(typed, QuestionType.NUMBER).valid is None


def test_types_that_no_file_tells_are_guessed(tiny_dataset):
    everything = of_type(tiny_dataset, QuestionType.OBJECT)
    np.testing.assert_array_equal(everything.train.questions, tiny_dataset.train.questions)


def test_a_type_without_training_questions_is_an_input_error(tiny_dataset):
    with pytest.raises(InputError, match="no training question asks for location"):
        of_type(tiny_dataset, QuestionType.LOCATION)
