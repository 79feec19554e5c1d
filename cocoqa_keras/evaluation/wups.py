"""WUPS: accuracy that also credits answers close in meaning, by Wu-Palmer similarity.

Reference: Malinowski and Fritz (2014), section 4; Ren, Kiros and Zemel (2015), section 4.3.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cocoqa_keras.data.vocabulary import UNKNOWN
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.wordnet import WordNet, find_wordnet
from cocoqa_keras.evaluation.wordnet_tables import packaged_folder, read_similarities

_BELOW_THRESHOLD = 0.1


def similarity_matrix(answers: Sequence[str], wordnet: str | Path | None = None) -> np.ndarray:
    """How similar each two answers are.

    The similarity of different answers is the greatest Wu-Palmer similarity between their noun senses in
    WordNet, and 0 where either has none. It comes from the database where that is given or installed, and
    else from a table that the package has for the answers of COCO-QA. `UNK` is like no other answer.

    Args:
        answers: A different answers.
        wordnet: the folder of the database; None looks for it, see `find_wordnet`.

    Returns:
        float64 (A, A), with a diagonal of ones.

    Raises:
        InputError: there is no database in the given folder, or a damaged one; or there is none at all
            and an answer is not in the package's table.
    """
    known = [position for position, answer in enumerate(answers) if answer != UNKNOWN]
    words = [answers[position] for position in known]
    folder = find_wordnet(wordnet)
    matrix = np.zeros((len(answers), len(answers)))
    matrix[np.ix_(known, known)] = WordNet(folder).similarities(words) if folder else _from_table(words)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def wups_values(
    similarity: np.ndarray, predicted: np.ndarray, true: np.ndarray, threshold: float
) -> np.ndarray:
    """What each predicted answer counts: its similarity to the true one, a tenth of it below the threshold.

    At threshold 1 an answer counts where it is equal to the true one, and a synonym does not, as in the 2015
    program: WUPS 1.0 is the rate.

    Args:
        similarity: (A, A), see `similarity_matrix`; its rows are the predicted answers.
        predicted: (N,) int, from 0.
        true: (N,) int, from 0.
        threshold: from 0, where similarities count in full, to 1.

    Returns:
        float64 (N,), from 0 to 1.
    """
    if threshold >= 1:
        return (predicted == true).astype(np.float64)
    values = similarity[predicted, true]
    return np.where(values < threshold, _BELOW_THRESHOLD * values, values)


def _from_table(words: Sequence[str]) -> np.ndarray:
    table_words, table = read_similarities(packaged_folder())
    places = {word: place for place, word in enumerate(table_words)}
    missing = [word for word in words if word not in places]
    if missing:
        raise InputError(
            f"the similarity of {missing[0]!r:.40} ({len(missing)} such answers) needs WordNet: install "
            "Debian's wordnet-base or nltk's data package wordnet, or give its folder (--wordnet)"
        )
    rows = [places[word] for word in words]
    return table[np.ix_(rows, rows)]
