"""WUPS against a slow one, from WordNet and from the package's table, and the paper's figures."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_wordnet import write_wordnet

from cocoqa_keras.data.cocoqa_text import read_cocoqa_text
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation import wordnet
from cocoqa_keras.evaluation.wordnet import find_wordnet
from cocoqa_keras.evaluation.wups import similarity_matrix, wups_values

MOST_FREQUENT = ("cat", "two", "white", "room")  # of the training answers of each type


@pytest.fixture
def no_wordnet(monkeypatch):
    monkeypatch.setattr(wordnet, "_usual_folders", lambda: iter(()))


@pytest.fixture(params=["the database", "the table"])
def source(request, monkeypatch):
    """Similarities come from WordNet, then from the package's table."""
    if request.param == "the table":
        request.getfixturevalue("no_wordnet")
    elif find_wordnet() is None:
        pytest.skip("no WordNet database is installed")


def slow_wups(similarity, predicted, true, threshold):
    total = 0.0
    for answer, truth in zip(predicted, true, strict=True):
        if answer == truth:
            total += 1
        elif threshold < 1:
            score = similarity[answer][truth]
            total += score if score >= threshold else 0.1 * score
    return total / len(true)


@given(data=st.data(), count=st.integers(1, 6), threshold=st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]))
def test_wups_is_that_of_a_slow_program(data, count, threshold):
    values = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])
    similarity = np.array(data.draw(st.lists(values, min_size=count**2, max_size=count**2)))
    similarity = similarity.reshape(count, count)
    np.fill_diagonal(similarity, 1)
    pairs = st.lists(st.tuples(*[st.integers(0, count - 1)] * 2), min_size=1, max_size=20)
    predicted, true = np.array(data.draw(pairs)).T
    expected = slow_wups(similarity, predicted, true, threshold)
    values = wups_values(similarity, predicted, true, threshold)
    assert values.mean() == pytest.approx(expected, abs=1e-12)


def test_a_higher_threshold_never_helps():
    random = np.random.default_rng(0)
    similarity, (predicted, true) = random.random((9, 9)), random.integers(0, 9, (2, 500))
    np.fill_diagonal(similarity, 1)
    scores = [
        wups_values(similarity, predicted, true, threshold).mean() for threshold in np.linspace(0, 1, 21)
    ]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == np.mean(predicted == true)


def test_each_question_has_its_value():
    similarity = np.array([[1, 0.9, 1], [0.5, 1, 0], [1, 0, 1]])
    predicted, true = np.array([0, 0, 1, 0, 2]), np.array([0, 1, 0, 2, 1])
    np.testing.assert_allclose(wups_values(similarity, predicted, true, 0.9), [1, 0.9, 0.05, 1, 0])
    np.testing.assert_array_equal(wups_values(similarity, predicted, true, 1.0), [1, 0, 0, 0, 0])


def test_similarities_come_from_the_given_database(tmp_path):
    matrix = similarity_matrix(["dog", "xyzzy", "cat", "UNK"], write_wordnet(tmp_path))
    expected = [[1, 0, 2 / 3, 0], [0, 1, 0, 0], [2 / 3, 0, 1, 0], [0, 0, 0, 1]]
    np.testing.assert_allclose(matrix, expected, atol=1e-15)
    assert matrix.dtype == np.float64


def test_similarities_of_cocoqa_need_no_database(no_wordnet):
    matrix = similarity_matrix(["dog", "UNK", "cat", "two"])
    assert matrix[0, 2] == matrix[2, 0] == pytest.approx(6 / 7)
    assert (matrix[1] == [0, 1, 0, 0]).all()
    assert 0 < matrix[0, 3] < 0.6
    assert similarity_matrix([]).shape == (0, 0)


def test_other_answers_without_a_database_say_what_to_install(no_wordnet):
    with pytest.raises(
        InputError, match=r"'tape_dispenser' \(2 such answers\) needs WordNet: install .*--wordnet"
    ):
        similarity_matrix(["dog", "tape_dispenser", "xyzzy", "UNK"])


def test_a_folder_without_a_database_is_refused(tmp_path):
    with pytest.raises(InputError, match="no WordNet database"):
        similarity_matrix(["dog"], tmp_path)


def test_guess_has_the_figures_of_the_paper(source, shared):
    test = read_cocoqa_text(shared / "data" / "cocoqa" / "test")
    answers = [*sorted(set(test.answers)), "UNK"]
    ids = {answer: place for place, answer in enumerate(answers)}
    predicted = np.array([ids[answer] for answer in MOST_FREQUENT])[np.array(test.types)]
    true = np.array([ids[answer] for answer in test.answers])
    similarity = similarity_matrix(answers)

    started = time.perf_counter()
    values = [wups_values(similarity, predicted, true, threshold) for threshold in (1.0, 0.9, 0.0)]
    assert time.perf_counter() - started < 1
    assert [f"{each.mean():.4f}" for each in values] == ["0.0730", "0.1837", "0.7413"]
