"""A data set in the words and answers of another."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.evaluation.reindex import reindex

WORDS, ANSWERS = Vocabulary(("h", "x", "a", "UNK"), 1), Vocabulary(("red", "blue", "UNK"), 0)


def test_words_and_answers_keep_their_names_and_others_become_unk(tiny_dataset):
    mapped = reindex(tiny_dataset, WORDS, ANSWERS)
    assert (mapped.question_words, mapped.answers) == (WORDS, ANSWERS)
    for name, split in tiny_dataset.splits():
        for before, after in zip(tiny_dataset.words_of(name), mapped.words_of(name), strict=True):
            assert after == [word if word in WORDS else "UNK" for word in before]
        names = tiny_dataset.answers.decode(split.answers.tolist())
        assert mapped.answers.decode(mapped.split(name).answers.tolist()) == [
            answer if answer in ANSWERS else "UNK" for answer in names
        ]
        np.testing.assert_array_equal(mapped.split(name).image_ids, split.image_ids)


@given(order=st.permutations(range(8)))
def test_there_and_back_is_the_same_data_set(tiny_dataset, order):
    words = tiny_dataset.question_words
    shuffled = Vocabulary((*(words.words[place] for place in order), "UNK"), 1)
    back = reindex(reindex(tiny_dataset, shuffled, ANSWERS), words, tiny_dataset.answers)
    for name, split in tiny_dataset.splits():
        np.testing.assert_array_equal(back.split(name).questions, split.questions)


def test_types_are_guessed_from_the_words_that_were_there(tiny_dataset):
    words = Vocabulary(("how", "many", "cats", "where", "is", "it", "to", "go", "UNK"), 1)
    asked = replace(tiny_dataset.test, questions=np.array([[1, 2, 3], [4, 5, 6]], np.int32))
    asked = replace(asked, answers=np.zeros(2, np.int32), image_ids=np.ones(2, np.int32))
    dataset = replace(tiny_dataset, question_words=words, test=asked, given_types={})
    mapped = reindex(dataset, WORDS, ANSWERS)
    assert mapped.types_of("test").tolist() == [QuestionType.NUMBER, QuestionType.LOCATION]


def test_parts_that_are_missing_stay_missing(tiny_dataset):
    mapped = reindex(replace(tiny_dataset, valid=None), WORDS, ANSWERS)
    assert [name for name, _ in mapped.splits()] == ["train", "test"]
