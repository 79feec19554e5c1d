"""Words whose vectors are alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.word_neighbors import word_neighbors

WORDS = Vocabulary(("east", "far_east", "north_east", "north", "west", "nowhere", "UNK"), first_id=1)
VECTORS = np.array([[1, 0], [9, 0], [1, 1], [0, 1], [-1, 0], [0, 0], [0, -1]], np.float32)


def test_neighbors_come_by_their_angle_whatever_their_length():
    neighbors = word_neighbors(VECTORS, WORDS, "east")
    assert [word for word, _ in neighbors] == ["far_east", "north_east", "north", "nowhere", "UNK"]
    np.testing.assert_allclose([cosine for _, cosine in neighbors], [1, 0.5**0.5, 0, 0, 0], rtol=1e-6)


def test_a_zero_vector_is_near_to_nothing():
    assert [cosine for _, cosine in word_neighbors(VECTORS, WORDS, "nowhere", 99)] == [0] * 6


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), count=st.integers(0, 9))
def test_cosines_fall_and_the_word_itself_is_not_listed(seed, count):
    vectors = np.random.RandomState(seed).standard_normal((7, 3))
    neighbors = word_neighbors(vectors, WORDS, "west", count)
    cosines = [cosine for _, cosine in neighbors]
    assert len(neighbors) == min(count, 6)
    assert "west" not in dict(neighbors)
    assert cosines == sorted(cosines, reverse=True)


def test_a_word_that_the_model_does_not_know_is_refused():
    with pytest.raises(InputError, match="no word 'up'; give one of its 7 words"):
        word_neighbors(VECTORS, WORDS, "up")
