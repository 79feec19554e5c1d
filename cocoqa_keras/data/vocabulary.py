"""Words and their ids."""

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cocoqa_keras.errors import InputError

UNKNOWN = "UNK"


def tokenize(question: str) -> list[str]:
    """The words of a question: in lower case, split on white space, without a `?` at the end."""
    return question.lower().rstrip(string.whitespace + "?").split()


@dataclass(frozen=True)
class Vocabulary:
    """An immutable list of words with consecutive ids; the last word, `UNK`, stands for all others.

    Attributes:
        words: the words in order of id, `UNK` last.
        first_id: the id of the first word: 1 for question words, where 0 is the empty word that pads a
            question, and 0 for answers.

    Raises:
        InputError: `UNK` is not the last word, or a word occurs twice.

    Reference: the 2015 program's file formats (`qdict.pkl`, `ansdict.pkl`).
    """

    words: tuple[str, ...]
    first_id: int
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        words = tuple(self.words)
        if words[-1:] != (UNKNOWN,):
            raise InputError(f"expected a vocabulary that ends with {UNKNOWN}, got {words[-1:]}")
        ids = {word: word_id for word_id, word in enumerate(words, self.first_id)}
        if len(ids) != len(words):
            raise InputError(f"expected {len(words)} different words, got {len(ids)}")
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "_ids", ids)

    @classmethod
    def of_words(cls, words: Iterable[str], first_id: int) -> "Vocabulary":
        """The vocabulary of a text: its different words in order of first appearance, and `UNK`."""
        return cls((*(word for word in dict.fromkeys(words) if word != UNKNOWN), UNKNOWN), first_id)

    @classmethod
    def from_dict(cls, ids: Mapping[str, int], first_id: int) -> "Vocabulary":
        """The vocabulary of a dictionary from word to id, as `qdict.pkl` holds it.

        Raises:
            InputError: the ids are not exactly `first_id`, `first_id` + 1, ..., that of `UNK` last.
        """
        words: list[str | None] = [None] * len(ids)
        for word, word_id in ids.items():
            if type(word_id) is not int or not 0 <= word_id - first_id < len(ids):
                # What is not a number is not shown: it may be nested without end.
                found = word_id if type(word_id) is int else type(word_id).__name__
                raise InputError(
                    f"the word {word!r:.40} has the id {found}: "
                    f"expected ids from {first_id} to {first_id + len(ids) - 1}"
                )
            position = word_id - first_id
            if words[position] is not None:
                raise InputError(f"{words[position]!r:.40} and {word!r:.40} have the same id, {word_id}")
            words[position] = word
        return cls(tuple(words), first_id)

    def to_dict(self) -> dict[str, int]:
        """The dictionary from word to id."""
        return dict(self._ids)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self._ids

    @property
    def last_id(self) -> int:
        """The highest id, that of `UNK`."""
        return self.first_id + len(self.words) - 1

    def id_of(self, word: str) -> int:
        """The id of `word`, or that of `UNK` where the vocabulary lacks it."""
        return self._ids.get(word, self.last_id)

    def encode(self, words: Iterable[str]) -> list[int]:
        """The ids of `words`."""
        return [self.id_of(word) for word in words]

    def word_of(self, word_id: int) -> str:
        """The word with the id `word_id`.

        Raises:
            InputError: there is no such id.
        """
        if not self.first_id <= word_id <= self.last_id:
            raise InputError(f"expected a word id from {self.first_id} to {self.last_id}, got {word_id}")
        return self.words[word_id - self.first_id]

    def decode(self, word_ids: Iterable[int]) -> list[str]:
        """The words with the ids `word_ids`, without padding (ids below `first_id`)."""
        return [self.word_of(word_id) for word_id in word_ids if word_id >= self.first_id]
