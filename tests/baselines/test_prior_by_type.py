"""The visual prior on questions of all types."""

from dataclasses import replace

import numpy as np
import pytest

from cocoqa_keras.baselines.by_type import of_type
from cocoqa_keras.baselines.prior import add_prior
from cocoqa_keras.baselines.prior_by_type import add_prior_by_type
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.data.split import Split
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError

WORDS = Vocabulary(("what", "color", "where", "cat", "dog", "UNK"), 1)
COLOR_OF = {"cat": 2, "dog": 0}  # the answers red and tabby


@pytest.fixture
def dataset(tiny_dataset):
    """Questions for objects, and for colors, which the object word tells."""

    def part(count):
        words = [["what"] if row % 2 else ["color", ("cat", "dog")[row // 2 % 2]] for row in range(count)]
        questions = np.zeros((count, 2), np.int32)
        for row, question in enumerate(words):
            questions[row, : len(question)] = WORDS.encode(question)
        answers = np.array([COLOR_OF.get(question[-1], 1) for question in words], np.int32)
        return Split(np.ones(count, np.int32), questions, answers)

    parts = {"train": part(20), "valid": part(12), "test": part(8)}
    types = {
        name: np.where(np.arange(len(split)) % 2, QuestionType.OBJECT, QuestionType.COLOR)
        for name, split in parts.items()
    }
    return replace(tiny_dataset, **parts, question_words=WORDS, given_types=types)


def random_scores(dataset):
    random = np.random.RandomState(0)
    return random.rand(len(dataset.valid), 4), random.rand(len(dataset.test), 4)


def test_each_type_has_its_prior_and_objects_have_none(dataset):
    valid_scores, test_scores = random_scores(dataset)
    corrected = add_prior_by_type(dataset, valid_scores, test_scores)
    is_color = dataset.types_of("test") == QuestionType.COLOR
    np.testing.assert_array_equal(corrected[~is_color], test_scores[~is_color])
    own = of_type(dataset, QuestionType.COLOR)
    rows = dataset.types_of("valid") == QuestionType.COLOR
    expected = add_prior(own, QuestionType.COLOR, valid_scores[rows], test_scores[is_color])
    np.testing.assert_array_equal(corrected[is_color], expected)


def test_an_object_that_goes_with_one_color_decides(dataset):
    corrected = add_prior_by_type(dataset, *random_scores(dataset))
    is_color = dataset.types_of("test") == QuestionType.COLOR
    np.testing.assert_array_equal(corrected.argmax(axis=1)[is_color], dataset.test.answers[is_color])


def test_without_validation_part_there_is_no_prior(dataset):
    with pytest.raises(InputError, match="valid"):
        add_prior_by_type(replace(dataset, valid=None), *random_scores(dataset))
