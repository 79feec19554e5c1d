"""The text files of a WordNet database, version 3.0 and its like.

Reference: WordNet's manual, wndb(5WN).
"""

from pathlib import Path
from typing import NamedTuple

from cocoqa_keras.errors import InputError

_REMEDY = "give the folder of an unharmed WordNet 3.0 database"


class Synset(NamedTuple):
    """What `data.noun` says of a set of synonyms.

    Attributes:
        first_lemma: the first of the synonyms, in lower case.
        hypernyms: offsets of the synsets that this one is a kind or an instance of.
    """

    first_lemma: str
    hypernyms: tuple[int, ...]


class IndexFile:
    """`index.noun` and its like: the synsets of each lemma.

    Args:
        path: the file.

    Raises:
        InputError: the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = {line.partition(" ")[0]: line for line in _read_lines(path)}

    def __contains__(self, lemma: str) -> bool:
        return lemma in self._lines

    def offsets(self, lemma: str) -> list[int]:
        """The synsets of `lemma`, the most frequent sense first; none where the file lacks it.

        Raises:
            InputError: its line is damaged.
        """
        if lemma not in self._lines:
            return []
        fields = self._lines[lemma].split()
        try:
            synset_count, pointer_count = int(fields[2]), int(fields[3])
            offsets = [int(field) for field in fields[6 + pointer_count :]]
        except (ValueError, IndexError):
            offsets = []
        if not offsets or len(offsets) != synset_count:
            raise InputError(f"{self._path}: the line of {lemma!r:.40} is damaged; {_REMEDY}")
        return offsets


class SynsetFile:
    """`data.noun`: synsets by their offset, the position of their line in bytes.

    Lines are parsed when they are asked for: an evaluation needs few of the 82 115.

    Args:
        path: the file.

    Raises:
        InputError: the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content = _read(path)
        self._synsets: dict[int, Synset] = {}

    def __getitem__(self, offset: int) -> Synset:
        """The synset at `offset`.

        Raises:
            InputError: there is none, or its line is damaged.
        """
        if offset not in self._synsets:
            try:
                self._synsets[offset] = self._parse(offset)
            except (ValueError, IndexError) as error:
                raise InputError(
                    f"{self._path}: no noun synset at byte {offset}, or a damaged one; {_REMEDY}"
                ) from error
        return self._synsets[offset]

    def _parse(self, offset: int) -> Synset:
        line = self._content[offset : self._content.index(b"\n", offset)].decode("utf-8")
        fields = line.partition("|")[0].split()
        if int(fields[0]) != offset or fields[2] != "n":
            raise ValueError
        pointers_at = 4 + 2 * int(fields[3], 16)
        hypernyms = []
        for first in range(pointers_at + 1, pointers_at + 1 + 4 * int(fields[pointers_at]), 4):
            symbol, target, part_of_speech, _ = fields[first : first + 4]
            if symbol in ("@", "@i") and part_of_speech == "n":
                hypernyms.append(int(target))
        return Synset(fields[4].lower(), tuple(hypernyms))


def read_exceptions(path: Path) -> dict[str, list[str]]:
    """Reads `noun.exc` or its like: irregular forms, and the lemmas of each.

    Raises:
        InputError: the file cannot be read.
    """
    words = (line.split() for line in _read_lines(path))
    return {form: lemmas for form, *lemmas in filter(None, words)}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}; {_REMEDY}") from error


def _read_lines(path: Path) -> list[str]:
    """The lines of a file, without the licence at its head, which is indented."""
    try:
        text = _read(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text at byte {error.start}; {_REMEDY}") from error
    return [line for line in text.split("\n") if line and not line.startswith(" ")]
