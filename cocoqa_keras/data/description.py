"""A data set in words and tables, for the terminal and for notebooks."""

from collections.abc import Sequence
from dataclasses import dataclass

from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.data.statistics import DatasetStatistics, FeaturesStatistics
from cocoqa_keras.tables import Table, bar

_MOST_LENGTHS = 20  # bars of the histogram of lengths; the last takes in all longer questions
_VALUES = (("", "left"), ("", "left"))


@dataclass(frozen=True, repr=False)
class Description:
    """What a data set holds, and its image features where there are any; prints as tables.

    Attributes:
        statistics: those of the data set.
        features: those of its image features.
    """

    statistics: DatasetStatistics
    features: FeaturesStatistics | None = None

    def tables(self) -> list[Table]:
        """The tables, in the order in which they are shown."""
        tables = [
            sizes_table(self.statistics),
            splits_table(self.statistics),
            lengths_table(self.statistics.question_lengths),
            answers_table(self.statistics),
        ]
        return tables if self.features is None else [*tables, features_table(self.features)]

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.tables()))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(table.to_html() for table in self.tables())


def sizes_table(statistics: DatasetStatistics) -> Table:
    """The sizes that a model takes from the data, and the fingerprint."""
    table = Table(statistics.folder, _VALUES)
    table.add("words", statistics.question_words)
    table.add("answers", statistics.answers)
    table.add("images", statistics.images)
    table.add("padded to", f"{statistics.words_per_question} words a question")
    table.add("sha256", statistics.fingerprint)
    return table


def splits_table(statistics: DatasetStatistics) -> Table:
    """A column for each part."""
    parts = statistics.splits.values()
    table = Table("Parts", (("", "left"), *((name, "right") for name in statistics.splits)))
    table.add("questions", *(part.questions for part in parts))
    table.add("images asked about", *(part.images for part in parts))
    table.add("words a question, mean", *(f"{part.mean_words:.2f}" for part in parts))
    table.add("words a question, most", *(part.longest_question for part in parts))
    table.add("words that are UNK", *(f"{part.unknown_words:.2%}" for part in parts))
    table.add("answers that are UNK", *(f"{part.unknown_answers:.2%}" for part in parts))
    for kind in (kind.name.lower() for kind in QuestionType):
        table.add(f"type {kind}", *(f"{part.question_types[kind] / part.questions:.1%}" for part in parts))
    guessed = [name for name, part in statistics.splits.items() if part.guessed_types]
    if guessed:
        table.note = f"Types of {' and '.join(guessed)}: guessed from the words, no file tells them."
    return table


def lengths_table(question_lengths: Sequence[int]) -> Table:
    """A histogram of the numbers of words of the questions."""
    table = _histogram("Words a question, all parts", "words")
    counts = list(question_lengths)
    shortest = next(length for length, count in enumerate(counts) if count)
    last = min(shortest + _MOST_LENGTHS, len(counts)) - 1
    counts[last:] = [sum(counts[last:])]
    for length in range(shortest, last + 1):
        label = f"{length} or more" if length == last < len(question_lengths) - 1 else length
        table.add(label, counts[length], bar(counts[length], max(counts)))
    return table


def answers_table(statistics: DatasetStatistics) -> Table:
    """A histogram of the most frequent answers."""
    counts = statistics.frequent_answers
    share = sum(counts.values()) / statistics.splits["train"].questions
    title = (
        f"Most frequent answers of the training part: {len(counts)} of {statistics.answers} make {share:.1%}"
    )
    table = _histogram(title, "answer")
    for answer, count in counts.items():
        table.add(f"{answer:.40}", count, bar(count, max(counts.values())))
    return table


def features_table(features: FeaturesStatistics) -> Table:
    """The sizes of the image features."""
    present = [name for name, has in (("mean", features.has_mean), ("std", features.has_std)) if has]
    table = Table(f"Image features in {features.path}", _VALUES)
    table.add("images", features.images)
    table.add("features an image", features.width)
    table.add("not zero", f"{features.density:.1%}")
    table.add("size on disk", f"{features.bytes / 1e6:.1f} MB")
    table.add("made by", features.extractor or "not noted in the file")
    table.add("statistics", " and ".join(present) or "neither mean nor std")
    return table


def _histogram(title: str, label: str) -> Table:
    return Table(title, ((label, "left"), ("questions", "right"), ("", "left")))
