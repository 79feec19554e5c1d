"""Questions in words with their answers: what every source of questions is read into."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

VALIDATION_SHARE = 0.1


class Example(NamedTuple):
    """A question about an image, and its answer.

    Attributes:
        question: the words.
        answer: the answer.
        image: the name of the image; see `image_name`.
        type: the `QuestionType`.
    """

    question: list[str]
    answer: str
    image: str
    type: int


@dataclass(frozen=True)
class Examples:
    """Questions in words, entry by entry with their answers, images and types.

    Attributes:
        questions: the words of each question.
        answers: one answer each.
        images: the name of the image of each (an MS-COCO id).
        types: the `QuestionType` of each.
    """

    questions: Sequence[list[str]]
    answers: Sequence[str]
    images: Sequence[str]
    types: Sequence[int]

    @classmethod
    def of(cls, rows: Iterable[Example]) -> "Examples":
        """The same, of examples one by one."""
        rows = list(rows)
        return cls(*([row[column] for row in rows] for column in range(4)))

    def __len__(self) -> int:
        return len(self.answers)

    def __iter__(self) -> Iterator[Example]:
        return map(Example, self.questions, self.answers, self.images, self.types)


@dataclass(frozen=True)
class Parts:
    """The three parts of a data set.

    Attributes:
        train: the training part.
        valid: the validation part.
        test: the test part.
        left_out: how many questions of the source are in none of them.
    """

    train: Examples
    valid: Examples
    test: Examples
    left_out: int = 0

    @classmethod
    def of_text(cls, train: Examples, test: Examples, left_out: int = 0) -> "Parts":
        """Takes the last tenth of the training text as validation part.

        Reference: Ren, Kiros and Zemel (2015), section 3.3; the 2015 program's encoded files.
        """
        rows = list(train)
        count = len(rows) - int(VALIDATION_SHARE * len(rows))
        return cls(Examples.of(rows[:count]), Examples.of(rows[count:]), test, left_out)

    def items(self) -> Iterator[tuple[str, Examples]]:
        """The parts with their names."""
        yield from (("train", self.train), ("valid", self.valid), ("test", self.test))
