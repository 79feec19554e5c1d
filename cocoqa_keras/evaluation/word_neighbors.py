"""Words whose vectors are alike."""

import numpy as np

from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.cosines import cosines


def word_neighbors(
    vectors: np.ndarray, words: Vocabulary, word: str, count: int = 5
) -> list[tuple[str, float]]:
    """The words whose vectors point most nearly in the direction of a word's own.

    Args:
        vectors: (V, D), the vectors of the words in order of their ids, as `baselines.knn.word_vectors` takes
            them from a model.
        words: the V words.
        word: the word.
        count: how many to list; more than there are gives all.

    Returns:
        each neighbour with the cosine of the angle between the vectors, the nearest first and equally near
        ones in order of their ids. The word itself is left out, and a zero vector has the cosine 0.

    Raises:
        InputError: there is no such word.
    """
    if word not in words:
        raise InputError(f"the model knows no word '{word}'; give one of its {len(words)} words")
    own = words.id_of(word) - words.first_id
    of_word = cosines(vectors, vectors[own : own + 1])[:, 0]
    order = np.argsort(-of_word, kind="stable")
    nearest = order[order != own][:count].tolist()
    return [(words.words[position], float(of_word[position])) for position in nearest]
