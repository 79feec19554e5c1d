"""The words of one part of speech in WordNet, and their inflected forms."""

from enum import Enum
from pathlib import Path

from cocoqa_keras.evaluation.wordnet_files import IndexFile, read_exceptions


class PartOfSpeech(Enum):
    """The four parts of speech, each with the suffixes of its regular inflections and what replaces them.

    Reference: WordNet's manual, morphy(7WN).
    """

    NOUN = (
        ("s", ""),
        ("ses", "s"),
        ("ves", "f"),
        ("xes", "x"),
        ("zes", "z"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("men", "man"),
        ("ies", "y"),
    )
    VERB = (
        ("s", ""),
        ("ies", "y"),
        ("es", "e"),
        ("es", ""),
        ("ed", "e"),
        ("ed", ""),
        ("ing", "e"),
        ("ing", ""),
    )
    ADJ = (("er", ""), ("est", ""), ("er", "e"), ("est", "e"))
    ADV = ()


class Lexicon:
    """The words of one part of speech.

    Args:
        folder: the WordNet database.
        part_of_speech: which words.

    Raises:
        InputError: a file is missing or damaged.
    """

    def __init__(self, folder: Path, part_of_speech: PartOfSpeech) -> None:
        name = part_of_speech.name.lower()
        self._index = IndexFile(folder / f"index.{name}")
        self._exceptions = read_exceptions(folder / f"{name}.exc")
        self._suffixes = part_of_speech.value

    def lemmas(self, word: str) -> list[str]:
        """The lemmas that `word` may be a form of, itself first: `men` is `men` and `man`.

        Args:
            word: in any case; spaces count as the underscores that WordNet joins words with.
        """
        word = word.lower().replace(" ", "_")
        forms = self._exceptions.get(word) or self._without_suffix(word)
        return [form for form in dict.fromkeys([word, *forms]) if form in self._index]

    def offsets(self, lemma: str) -> list[int]:
        """The synsets of a lemma, the most frequent sense first."""
        return self._index.offsets(lemma)

    def _without_suffix(self, word: str) -> list[str]:
        return [
            word.removesuffix(suffix) + ending for suffix, ending in self._suffixes if word.endswith(suffix)
        ]
