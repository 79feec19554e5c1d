"""The angles between vectors."""

import numpy as np

from cocoqa_keras.evaluation.cosines import cosines


def test_cosines_do_not_depend_on_lengths_and_are_zero_for_a_zero_vector():
    vectors = np.array([[1, 0], [9, 0], [1, 1], [0, 1], [-2, 0], [0, 0]], np.float32)
    expected = [[1, 0], [1, 0], [0.5**0.5, 0], [0, 0], [-1, 0], [0, 0]]
    np.testing.assert_allclose(cosines(vectors, vectors[[0, 5]]), expected, rtol=1e-6)


def test_no_vectors_have_no_cosines():
    assert cosines(np.zeros((0, 3)), np.zeros((2, 3))).shape == (0, 2)
