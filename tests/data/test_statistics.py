"""What a data set holds, in numbers."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.data.dataset import Dataset, load_dataset
from cocoqa_keras.data.encode import choose_encoding, write_encoded
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.data.sources import read_source
from cocoqa_keras.data.split import Split
from cocoqa_keras.data.statistics import DatasetStatistics, FeaturesStatistics
from cocoqa_keras.data.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def cocoqa(shared, tmp_path_factory):
    """The real questions, encoded."""
    folder = tmp_path_factory.mktemp("real") / "cocoqa"
    write_encoded(folder, choose_encoding(read_source(shared / "data" / "cocoqa")))
    return load_dataset(folder)


def test_coco_qa_is_described_as_in_its_paper(cocoqa):
    statistics = DatasetStatistics.of(cocoqa)
    splits = statistics.splits
    assert {name: split.questions for name, split in splits.items()} == {
        "train": 70_863,
        "valid": 7_873,
        "test": 38_948,
    }
    assert (statistics.question_words, statistics.answers) == (9738, 431)
    assert {name: split.longest_question for name, split in splits.items()} == {
        "train": 54,
        "valid": 52,
        "test": 41,
    }
    assert splits["train"].mean_words == pytest.approx(8.6515, abs=1e-4)
    assert splits["test"].question_types == {
        "object": 27_206,
        "number": 2_755,
        "color": 6_509,
        "location": 2_478,
    }
    assert [split.guessed_types for split in splits.values()] == [True, True, False]
    assert splits["train"].unknown_words == splits["train"].unknown_answers == 0
    assert list(statistics.frequent_answers)[:3] == ["two", "white", "red"]
    assert sum(statistics.question_lengths) == 117_684


def test_the_most_frequent_answer_of_each_type_scores_as_guess_does_in_the_paper(cocoqa):
    training_answers = np.concatenate([cocoqa.train.answers, cocoqa.valid.answers])
    training_types = np.concatenate([cocoqa.types_of("train"), cocoqa.types_of("valid")])
    guesses = np.array(
        [Counter(training_answers[training_types == kind]).most_common(1)[0][0] for kind in range(4)]
    )
    assert cocoqa.answers.decode(guesses) == ["cat", "two", "white", "room"]
    is_right = guesses[cocoqa.question_types] == cocoqa.test.answers
    by_type = [is_right[cocoqa.question_types == kind].mean() for kind in range(4)]
    assert round(is_right.mean(), 4) == 0.0730
    np.testing.assert_allclose(by_type, [0.0247, 0.3710, 0.1417, 0.0928], atol=5e-5)


@given(st.lists(st.lists(st.integers(1, 4), max_size=5), min_size=1, max_size=20), st.data())
def test_statistics_count_what_the_questions_hold(questions, data):
    count = len(questions)
    padded = np.array([question + [0] * (5 - len(question)) for question in questions], np.int32)
    answers = data.draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    images = data.draw(st.lists(st.integers(1, 3), min_size=count, max_size=count))
    train = Split(np.array(images, np.int32), padded, np.array(answers, np.int32))
    words = Vocabulary(("where", "how", "many", "UNK"), 1)
    dataset = Dataset(
        "folder", train, None, None, words, Vocabulary(("cat", "two", "UNK"), 0), ("1", "2", "3"), {}
    )
    statistics = DatasetStatistics.of(dataset)
    (split,) = statistics.splits.values()
    word_ids = [word for question in questions for word in question]
    assert split.questions == sum(split.question_types.values()) == sum(statistics.question_lengths) == count
    assert split.images == len(set(images))
    assert split.longest_question == max(map(len, questions)) == len(statistics.question_lengths) - 1
    assert split.mean_words == pytest.approx(len(word_ids) / count)
    assert split.unknown_words == pytest.approx(word_ids.count(4) / max(1, len(word_ids)))
    assert split.unknown_answers == pytest.approx(answers.count(2) / count)
    assert statistics.frequent_answers == {
        words_: answers.count(i) for i, words_ in enumerate(("cat", "two", "UNK")) if i in answers
    }
    assert list(statistics.frequent_answers.values()) == sorted(
        statistics.frequent_answers.values(), reverse=True
    )


def test_features_are_described_without_reading_their_rows(tmp_path):
    path = tmp_path / "features.h5"
    write_features(path, np.array([[0, 1, 0, 0], [2, 0, 3, 4]]), extractor="a drawing")
    with SparseFeatures(path) as features:
        statistics = FeaturesStatistics.of(features)
    assert (statistics.images, statistics.width, statistics.density) == (2, 4, 0.5)
    assert statistics.bytes == path.stat().st_size
    assert statistics.extractor == "a drawing"
    assert statistics.has_mean
    assert statistics.has_std
