"""K-NN: the answers of the training examples that are most like the question and its image."""

from dataclasses import dataclass

import keras
import numpy as np
import scipy.sparse

from cocoqa_keras.baselines.nearest import Points, nearest
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.split import Split
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.metrics import rate
from cocoqa_keras.layers import LookupTable
from cocoqa_keras.models.stage_weights import stage_matrix

MAX_K = 50  # the most neighbours that are tried


@dataclass(frozen=True)
class NearestNeighbors:
    """Answers a question as its K nearest training examples are answered.

    An example is the sum of its word vectors beside the features of its image; near is by the Euclidean
    distance, and of equally near examples the earlier one counts.

    Attributes:
        train: the training examples.
        answer_count: A, the number of answers.
        word_vectors: float32 (V, W), the vector of each word, as IMG+BOW has learned it; see `word_vectors`.
        features: image features.

    Reference: Ren, Kiros and Zemel (2015), section 4.2.
    """

    train: Split
    answer_count: int
    word_vectors: np.ndarray
    features: SparseFeatures

    def neighbors(self, split: Split, k: int) -> np.ndarray:
        """The nearest training examples of each example, nearest first: int64 (N, k), rows of `train`.

        Raises:
            InputError: `k` is below 1, or there are fewer training examples.
        """
        if not 1 <= k <= len(self.train):
            raise InputError(f"expected 1 to {len(self.train)} neighbours, all training examples; got {k}")
        return nearest(self._points(self.train), self._points(split), k)

    def scores(self, split: Split, k: int) -> np.ndarray:
        """Scores each answer by its share among the K nearest training examples.

        Args:
            split: N examples.
            k: K, how many neighbours.

        Returns:
            float32 (N, A)

        Raises:
            InputError: `k` is below 1, or there are fewer training examples.
        """
        votes = np.zeros((len(split), self.answer_count), np.float32)
        np.add.at(votes, (np.arange(len(split))[:, None], self.train.answers[self.neighbors(split, k)]), 1)
        return votes / np.float32(k)

    def choose_k(self, valid: Split) -> int:
        """The number of neighbours, up to `MAX_K`, with the highest rate; of equal ones the lowest.

        Args:
            valid: the validation examples.
        """
        neighbors = self.neighbors(valid, min(MAX_K, len(self.train)))
        votes = np.zeros((len(valid), self.answer_count), np.float32)
        rates = []
        for answers in self.train.answers[neighbors].T:
            votes[np.arange(len(valid)), answers] += 1
            rates.append(rate(votes, valid.answers))
        return int(np.argmax(rates)) + 1

    def _points(self, split: Split) -> Points:
        words = sum_of_word_vectors(split.questions, self.word_vectors)
        return Points(words, split.image_ids - 1, self.features)


def sum_of_word_vectors(questions: np.ndarray, word_vectors: np.ndarray) -> np.ndarray:
    """The sum of the vectors of each question's words; the same for the same words in any order.

    Args:
        questions: int (N, T), word ids, 0 after the last word.
        word_vectors: float32 (V, W), row r being the word with the id r + 1.

    Returns:
        float32 (N, W)
    """
    rows, steps = np.nonzero(questions)
    ones = np.ones(len(rows), np.float32)
    shape = (len(questions), len(word_vectors))
    counts = scipy.sparse.csr_matrix((ones, (rows, questions[rows, steps] - 1)), shape=shape)
    return counts @ word_vectors


def word_vectors(model: keras.Model) -> np.ndarray:
    """The word vectors that a model has learned, float32 (V, W).

    Raises:
        InputError: it has no table of words, or several.
    """
    tables = [layer for layer in model.layers if isinstance(layer, LookupTable)]
    if len(tables) != 1:
        raise InputError(f"model {model.name}: expected one table of word vectors, found {len(tables)}")
    return stage_matrix(tables[0]).astype(np.float32)
