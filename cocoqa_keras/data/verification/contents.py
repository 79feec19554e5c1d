"""Checks of what a data set says, once its files fit each other: what makes figures mislead."""

from collections.abc import Callable, Mapping

import numpy as np

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.question_types import question_type
from cocoqa_keras.data.split import Split
from cocoqa_keras.data.verification.findings import Doubt
from cocoqa_keras.data.vocabulary import Vocabulary

_MOST_UNKNOWN = 0.1
_LEAST_AGREEMENT = 0.9


def _check_words_in_use(dataset: Dataset) -> str:
    return _check_use(dataset.train.questions, dataset.question_words, "word", "qdict.pkl")


def _check_answers_in_use(dataset: Dataset) -> str:
    return _check_use(dataset.train.answers, dataset.answers, "answer", "ansdict.pkl")


def _check_use(ids: np.ndarray, vocabulary: Vocabulary, what: str, file: str) -> str:
    counts = np.bincount(ids.ravel(), minlength=vocabulary.last_id + 1)
    unused = np.flatnonzero(counts[vocabulary.first_id : vocabulary.last_id] == 0)
    if unused.size:
        first = vocabulary.words[unused[0]]
        raise Doubt(
            f"{unused.size} of {file} never occur in the training part, the first is the {what} "
            f"{first!r:.40}: nothing is learnt about them; where these are not the questions of one type "
            "alone, see that train.npy is whole"
        )
    return f"each of {file} occurs in the training part"


def _check_unknown(dataset: Dataset) -> str:
    for name, split in dataset.splits():
        words = np.count_nonzero(split.questions == dataset.question_words.last_id)
        shares = {
            "words": words / max(1, int(split.lengths.sum())),
            "answers": float((split.answers == dataset.answers.last_id).mean()),
        }
        for what, share in shares.items():
            if share > _MOST_UNKNOWN:
                raise Doubt(
                    f"{share:.0%} of the {what} of the {name} part are UNK; where they were not made so "
                    "(--min-count, --top-answers), see that all parts are spelt alike and encoded together"
                )
    return f"at most {_MOST_UNKNOWN:.0%} of words and answers"


def _check_empty_questions(dataset: Dataset) -> str:
    for name, split in dataset.splits():
        empty = np.flatnonzero(split.lengths == 0)
        if empty.size:
            raise Doubt(
                f"{name}.npy has {empty.size} without a word, the first is question {empty[0]}: "
                "only the image can answer them; leave them out"
            )
    return "each question has words"


def _check_type_rule(dataset: Dataset) -> str:
    if "test" not in dataset.given_types:
        return "types are guessed from the words"
    given = dataset.given_types["test"]
    guessed = np.array([question_type(words) for words in dataset.words_of("test")])
    agreement = float((given == guessed).mean())
    if agreement < _LEAST_AGREEMENT:
        raise Doubt(
            f"the words tell the type in test-qtype.npy for only {agreement:.1%} of the test questions, and "
            f"another for question {(given != guessed).argmax()}; see that the file is of these questions"
        )
    return f"the words tell the given type for {agreement:.2%} of the test questions"


def _check_images_apart(dataset: Dataset) -> str:
    if dataset.test is None:
        return "there is no test part"
    in_test = np.unique(dataset.test.image_ids)
    shared = np.intersect1d(in_test, dataset.train.image_ids)
    if shared.size:
        raise Doubt(
            f"{shared.size} of {in_test.size} images of the test part are in the training part, the first is "
            f"image {dataset.image_names[shared[0] - 1]:.40}: the test favours what is learnt by heart; "
            "part the data by image"
        )
    return "no image of the test part is in the training part"


def _check_questions_apart(dataset: Dataset) -> str:
    seen = set(_keys(dataset.train))
    for name, split in dataset.splits():
        shared = [row for row, key in enumerate(_keys(split)) if key in seen] if name != "train" else []
        if shared:
            raise Doubt(
                f"{len(shared)} of {name}.npy are in train.npy as well, about the same image, the first is "
                f"question {shared[0]}: {name} figures come out too good; leave them out of one part"
            )
    return "no question about an image is in the training part and another"


def _keys(split: Split) -> list[bytes]:
    """What tells image and question from others."""
    rows = np.column_stack([split.image_ids, split.questions])
    return [row.tobytes() for row in rows]


CONTENT_CHECKS: Mapping[str, Callable[[Dataset], str]] = {
    "words in use": _check_words_in_use,
    "answers in use": _check_answers_in_use,
    "UNK": _check_unknown,
    "questions": _check_empty_questions,
    "rule for types": _check_type_rule,
    "parts by image": _check_images_apart,
    "parts by question": _check_questions_apart,
}
