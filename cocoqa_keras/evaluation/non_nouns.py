"""Which words of a question can't name its object, since they are verbs, adjectives or adverbs."""

from collections.abc import Iterable
from pathlib import Path

from cocoqa_keras.evaluation.wordnet import WordNet, find_wordnet
from cocoqa_keras.evaluation.wordnet_tables import packaged_folder, read_non_nouns


def non_nouns(words: Iterable[str], wordnet: str | Path | None = None) -> frozenset[str]:
    """Those of `words` that WordNet knows, but not as nouns.

    Without WordNet the package's list decides. It has COCO-QA's question words and counts all others as
    unknown.

    Args:
        words: in lower case.
        wordnet: the folder of the database; None looks for it, see `find_wordnet`.

    Raises:
        InputError: there is no database in the given folder, or a damaged one.
    """
    folder = find_wordnet(wordnet)
    if folder is None:
        return read_non_nouns(packaged_folder()).intersection(words)
    database = WordNet(folder)
    return frozenset(word for word in words if database.knows(word) and not database.is_noun(word))
