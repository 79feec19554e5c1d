"""The nouns of WordNet, read from its database files."""

import os
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.lexicon import Lexicon, PartOfSpeech
from cocoqa_keras.evaluation.taxonomy import Taxonomy
from cocoqa_keras.evaluation.wordnet_files import SynsetFile


class WordNet:
    """The nouns of a WordNet database: their senses, and how similar they are.

    Senses, forms of words and similarities equal those of nltk with the same database.

    Args:
        folder: it has `data.noun`, `index.noun` and `noun.exc`; see `find_wordnet`.

    Raises:
        InputError: a file is missing. Lines are parsed when a word asks for them: any of the methods
            raises an InputError where they are damaged.

    Reference: Fellbaum (1998), WordNet; its manual, wndb(5WN) and morphy(7WN).
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self._nouns = Lexicon(self._folder, PartOfSpeech.NOUN)
        self._data = SynsetFile(self._folder / "data.noun")
        self._taxonomy = Taxonomy(lambda synset: self._data[synset].hypernyms, self._name)

    def synsets(self, word: str) -> list[int]:
        """The noun senses of a word, or of what it is the plural of, as offsets in `data.noun`.

        Args:
            word: in any case; several words are joined by spaces or underscores.
        """
        return [offset for lemma in self._nouns.lemmas(word) for offset in self._nouns.offsets(lemma)]

    def is_noun(self, word: str) -> bool:
        """Whether WordNet has the word as a noun."""
        return bool(self._nouns.lemmas(word))

    def knows(self, word: str) -> bool:
        """Whether WordNet has the word, as any part of speech."""
        return self.is_noun(word) or any(lexicon.lemmas(word) for lexicon in self._other_words)

    def similarity(self, word: str, other: str) -> float:
        """The greatest Wu-Palmer similarity between noun senses of two words, 0 where either has none."""
        return float(self.similarities([word, other])[0, 1])

    def similarities(self, words: Sequence[str]) -> np.ndarray:
        """All similarities between the words, float64 (words, words): entry i, j is from word i to word j.

        The matrix need not be symmetric: see `Taxonomy`.
        """
        return self._taxonomy.similarities([self.synsets(word) for word in words])

    @cached_property
    def _other_words(self) -> list[Lexicon]:
        return [Lexicon(self._folder, part) for part in PartOfSpeech if part is not PartOfSpeech.NOUN]

    def _name(self, synset: int) -> str:
        """The synset's name as nltk writes it, such as `cat.n.01`."""
        lemma = self._data[synset].first_lemma
        senses = self._nouns.offsets(lemma)
        if synset not in senses:
            raise InputError(
                f"{self._folder}: data.noun has {lemma!r:.40} at byte {synset} and index.noun does not; "
                "give the folder of an unharmed WordNet 3.0 database"
            )
        return f"{lemma}.n.{senses.index(synset) + 1:02}"


def find_wordnet(folder: str | Path | None = None) -> Path | None:
    """The folder of a WordNet database.

    Args:
        folder: where it is; None looks into the folders of $NLTK_DATA, where nltk keeps its data, and
            where Debian's package `wordnet-base` puts it.

    Returns:
        `folder`, or the first that has a database, or None where there is none.

    Raises:
        InputError: `folder` is given and has no database.
    """
    if folder is not None:
        if not _has_nouns(Path(folder)):
            raise InputError(
                f"{folder}: no WordNet database (data.noun, index.noun, noun.exc) in this folder"
            )
        return Path(folder)
    return next(filter(_has_nouns, _usual_folders()), None)


def _has_nouns(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ("data.noun", "index.noun", "noun.exc"))


def _usual_folders() -> Iterator[Path]:
    roots = [Path(root) for root in os.environ.get("NLTK_DATA", "").split(os.pathsep) if root]
    roots.append(Path("~/nltk_data").expanduser())
    roots += [Path(sys.prefix, *names, "nltk_data") for names in ((), ("share",), ("lib",))]
    roots += [
        Path(root, "nltk_data") for root in ("/usr/share", "/usr/local/share", "/usr/lib", "/usr/local/lib")
    ]
    for root in roots:
        yield root / "corpora" / "wordnet"
    yield Path("/usr/share/wordnet")
