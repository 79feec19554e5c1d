"""What a data set and its image features hold, in numbers."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.question_types import QuestionType

FREQUENT_ANSWERS = 10


@dataclass(frozen=True)
class SplitStatistics:
    """What a part of a data set holds.

    Attributes:
        questions: number of questions.
        images: number of different images that they are about.
        mean_words: mean number of words of a question.
        longest_question: number of words of the longest question.
        unknown_words: the share of words that are `UNK`.
        unknown_answers: the share of answers that are `UNK`.
        question_types: number of questions of each type, by its name.
        guessed_types: whether the types were guessed from the words, no file telling them.
    """

    questions: int
    images: int
    mean_words: float
    longest_question: int
    unknown_words: float
    unknown_answers: float
    question_types: dict[str, int]
    guessed_types: bool

    @classmethod
    def of(cls, dataset: Dataset, name: str) -> "SplitStatistics":
        """The statistics of the part `train`, `valid` or `test`."""
        split = dataset.split(name)
        lengths = split.lengths
        unknown_words = np.count_nonzero(split.questions == dataset.question_words.last_id)
        counts = np.bincount(dataset.types_of(name), minlength=len(QuestionType)).tolist()
        return cls(
            questions=len(split),
            images=len(np.unique(split.image_ids)),
            mean_words=float(lengths.mean()),
            longest_question=int(lengths.max()),
            unknown_words=unknown_words / max(1, int(lengths.sum())),
            unknown_answers=float((split.answers == dataset.answers.last_id).mean()),
            question_types={kind.name.lower(): counts[kind] for kind in QuestionType},
            guessed_types=name not in dataset.given_types,
        )


@dataclass(frozen=True)
class DatasetStatistics:
    """What a data set holds.

    Attributes:
        folder: where it was read from.
        question_words: number of question words, `UNK` among them.
        answers: number of answers, `UNK` among them.
        images: number of images, and so of rows that image features need.
        words_per_question: the length to which questions are padded.
        splits: the statistics of each part.
        question_lengths: the number of questions, of all parts, with 0, 1, 2, ... words.
        frequent_answers: the most frequent answers of the training part, each with its number of questions.
        fingerprint: the SHA-256 of the content.
    """

    folder: str
    question_words: int
    answers: int
    images: int
    words_per_question: int
    splits: dict[str, SplitStatistics]
    question_lengths: list[int]
    frequent_answers: dict[str, int]
    fingerprint: str

    @classmethod
    def of(cls, dataset: Dataset) -> "DatasetStatistics":
        """The statistics of a loaded data set."""
        lengths = np.concatenate([split.lengths for _, split in dataset.splits()])
        frequent = Counter(dataset.train.answers.tolist()).most_common(FREQUENT_ANSWERS)
        return cls(
            folder=str(dataset.folder),
            question_words=dataset.vocabulary_size,
            answers=dataset.answer_count,
            images=dataset.image_count,
            words_per_question=dataset.words_per_question,
            splits={name: SplitStatistics.of(dataset, name) for name, _ in dataset.splits()},
            question_lengths=np.bincount(lengths).tolist(),
            frequent_answers={dataset.answers.word_of(answer): count for answer, count in frequent},
            fingerprint=dataset.fingerprint(),
        )


@dataclass(frozen=True)
class FeaturesStatistics:
    """What a file of image features holds.

    Attributes:
        path: the file.
        images: number of rows.
        width: number of features of an image.
        density: the share of values that are stored, the others being 0.
        bytes: size of the file.
        extractor: what made the features, or None where the file does not tell.
        has_mean, has_std: whether the file holds the mean and the standard deviation of each feature.
    """

    path: str
    images: int
    width: int
    density: float
    bytes: int
    extractor: str | None
    has_mean: bool
    has_std: bool

    @classmethod
    def of(cls, features: SparseFeatures) -> "FeaturesStatistics":
        """The statistics of an open file; its rows are not read."""
        return cls(
            path=str(features.path),
            images=features.shape[0],
            width=features.shape[1],
            density=features.density,
            bytes=features.path.stat().st_size,
            extractor=features.extractor,
            has_mean=features.mean is not None,
            has_std=features.std is not None,
        )
