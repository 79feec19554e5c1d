"""K-NN."""

import numpy as np
import pytest

from cocoqa_keras.baselines.knn import MAX_K, NearestNeighbors, sum_of_word_vectors, word_vectors
from cocoqa_keras.data.split import Split
from cocoqa_keras.errors import InputError
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo


@pytest.fixture(scope="module")
def knn(tiny_dataset, tiny_features):
    table = np.random.RandomState(0).standard_normal((9, 5)).astype(np.float32)
    return NearestNeighbors(tiny_dataset.train, tiny_dataset.answer_count, table, tiny_features)


def vectors_of(split, knn):
    table = np.concatenate([np.zeros((1, 5)), knn.word_vectors])
    words = table[split.questions].sum(axis=1)
    return np.concatenate([words, knn.features.read(split.image_ids - 1)], axis=1)


def test_a_score_is_the_share_of_an_answer_among_the_nearest_examples(knn, tiny_dataset):
    scores = knn.scores(tiny_dataset.test, k=3)
    train, test = vectors_of(tiny_dataset.train, knn), vectors_of(tiny_dataset.test, knn)
    for vector, row in zip(test, scores, strict=True):
        nearest = np.argsort(np.linalg.norm(train - vector, axis=1), kind="stable")[:3]
        expected = np.bincount(tiny_dataset.train.answers[nearest], minlength=4) / 3
        np.testing.assert_allclose(row, expected, rtol=1e-6)
    assert scores.dtype == np.float32


def test_an_example_is_the_nearest_to_itself(knn, tiny_dataset):
    train = tiny_dataset.train
    rows = knn.neighbors(train, 1)[:, 0]
    np.testing.assert_array_equal(train.image_ids[rows], train.image_ids)
    np.testing.assert_array_equal(np.sort(train.questions[rows]), np.sort(train.questions))
    assert (rows <= np.arange(len(train))).all()


def test_the_order_of_words_is_no_distance(knn, tiny_dataset):
    train = tiny_dataset.train
    turned = Split(train.image_ids, train.questions[:, ::-1], train.answers)
    np.testing.assert_array_equal(knn.neighbors(turned, 5), knn.neighbors(train, 5))


def test_the_chosen_k_is_the_lowest_of_the_best(knn, tiny_dataset):
    valid = tiny_dataset.valid
    rates = [np.mean(knn.scores(valid, k).argmax(axis=1) == valid.answers) for k in range(1, 15)]
    assert len(tiny_dataset.train) == 14 < MAX_K
    assert knn.choose_k(valid) == 1 + rates.index(max(rates))


@pytest.mark.parametrize("k", [0, 15])
def test_more_neighbours_than_examples_or_none_are_an_input_error(knn, tiny_dataset, k):
    with pytest.raises(InputError, match=f"expected 1 to 14 neighbours.*got {k}"):
        knn.scores(tiny_dataset.test, k)


def test_padding_has_no_vector():
    table = np.arange(6, dtype=np.float32).reshape(3, 2)
    sums = sum_of_word_vectors(np.array([[1, 3, 0], [0, 0, 0], [2, 2, 1]]), table)
    np.testing.assert_array_equal(sums, [[4, 6], [0, 0], [4, 7]])
    assert sums.dtype == np.float32


def test_the_word_vectors_of_a_model_are_those_of_its_table(tiny_spec, tiny_dataset, tiny_features):
    info = DatasetInfo.of(tiny_dataset, tiny_features)
    model = build_model(tiny_spec("img_bow"), info)
    vectors = word_vectors(model)
    np.testing.assert_array_equal(vectors, model.get_layer("txtDict").embeddings.numpy())
    assert vectors.shape == (tiny_dataset.vocabulary_size, 5)
    with pytest.raises(InputError, match="model img: expected one table of word vectors, found 0"):
        word_vectors(build_model(tiny_spec("img"), info))
