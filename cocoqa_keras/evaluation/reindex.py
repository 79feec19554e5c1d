"""A data set in the words and answers of another, for the test of a model on data it was not made for."""

from dataclasses import replace

import numpy as np

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.vocabulary import Vocabulary


def reindex(dataset: Dataset, question_words: Vocabulary, answers: Vocabulary) -> Dataset:
    """The data set with the ids of another vocabulary: words and answers are mapped by name.

    A word or an answer that the other vocabulary lacks becomes `UNK`. Question types stay what they were.

    Args:
        dataset: any data set.
        question_words: the words of questions to map to.
        answers: the answers to map to.

    Reference: the 2015 program's cross-data test.
    """
    # A question's padding, 0, stays.
    word_ids = np.array([0, *question_words.encode(dataset.question_words.words)], np.int32)
    answer_ids = np.array(answers.encode(dataset.answers.words), np.int32)
    splits = {
        name: replace(split, questions=word_ids[split.questions], answers=answer_ids[split.answers])
        for name, split in dataset.splits()
    }
    return replace(
        dataset,
        **splits,
        question_words=question_words,
        answers=answers,
        # Types that are guessed from the words are guessed before the words are gone.
        given_types={name: dataset.types_of(name) for name in splits},
    )
