"""Answers of a SavedModel, and how much each word of the question had to do with them."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cocoqa_keras.data.vocabulary import Vocabulary, tokenize
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.metrics import TOP_K, best_answers
from cocoqa_keras.export.loading import load_saved_model

MAX_CHARACTERS = 300  # of a question: at most 150 words, which make a batch of 151 questions


class ScoredAnswer(NamedTuple):
    """An answer, and the score that the model gives it."""

    answer: str
    score: float


class WordEffect(NamedTuple):
    """What a word of the question did.

    Attributes:
        word: the word.
        is_known: whether the model knows it; it takes all others for one and the same word.
        change: by how much the score of the best answer rises where the word is left out. A word that speaks
            for the answer has a change below 0.
    """

    word: str
    is_known: bool
    change: float


class Reply(NamedTuple):
    """What the model says to a question.

    Attributes:
        answers: the best ones, best first; equal ones in the order of their ids.
        effects: that of each word, in the order of the question.
    """

    answers: list[ScoredAnswer]
    effects: list[WordEffect]

    @property
    def unknown_words(self) -> list[str]:
        """The words that the model does not know, each once."""
        return list(dict.fromkeys(effect.word for effect in self.effects if not effect.is_known))


class Questioner:
    """Asks a SavedModel of `write_saved_model`. Keras and the model file are not needed.

    Args:
        folder: the SavedModel.
        question_words: the words that it was trained with.
        answers: its answers, in order of its outputs.

    Attributes:
        image_width: number of features of an image, or None where the model takes no image.

    Raises:
        InputError: the folder holds no such SavedModel, it takes no question, or it has not these answers.

    Reference: leaving words out one by one: Li, Monroe and Jurafsky (2016), "Understanding neural networks
    through representation erasure".
    """

    def __init__(self, folder: str | Path, question_words: Vocabulary, answers: Vocabulary) -> None:
        self._question_words, self._answers = question_words, answers
        self._model = load_saved_model(folder)
        self._scores_of = self._model.signatures[tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY]
        _, inputs = self._scores_of.structured_input_signature
        if "question" not in inputs:
            raise InputError(f"{folder}: the model takes no question, so there is nothing to ask it")
        self.image_width: int | None = inputs["image"].shape[1] if "image" in inputs else None
        count = self._scores_of.structured_outputs["probabilities"].shape[1]
        if count != len(answers):
            raise InputError(
                f"{folder}: the model has {count} answers, and answers.json {len(answers)}; export it anew"
            )

    def ask(self, question: str, image: np.ndarray | None = None) -> Reply:
        """Answers a question, and does so again without each of its words, in one batch.

        Args:
            question: split and lower-cased as in training; a `?` at the end is dropped.
            image: features, float32 (image_width,), for a model that takes an image.

        Raises:
            InputError: the question has no words, or too many characters.
        """
        if len(question) > MAX_CHARACTERS:
            raise InputError(f"The question is too long: {MAX_CHARACTERS} characters are the most.")
        words = tokenize(question)
        if not words:
            raise InputError("Please type a question.")
        scores = self._scores(leave_one_out(self._question_words.encode(words)), image)
        best = best_answers(scores[:1], TOP_K)[0]
        changes = scores[1:, best[0]] - scores[0, best[0]]
        return Reply(
            list(map(ScoredAnswer, self._answers.decode(best.tolist()), scores[0, best].tolist())),
            [
                WordEffect(word, word in self._question_words, change)
                for word, change in zip(words, changes.tolist(), strict=True)
            ],
        )

    def _scores(self, questions: np.ndarray, image: np.ndarray | None) -> np.ndarray:
        """The scores of all answers, (N, A), to questions about one image."""
        inputs = {"question": tf.constant(questions)}
        if image is not None:
            inputs["image"] = tf.repeat(image[np.newaxis], len(questions), axis=0)
        return self._scores_of(**inputs)["probabilities"].numpy()


def leave_one_out(word_ids: list[int]) -> np.ndarray:
    """A question of T words, and the T questions that have all but one of them.

    Returns:
        int32 (1 + T, T): the question, then in row t + 1 that without word t, padded with 0.
    """
    questions = np.zeros((1 + len(word_ids), len(word_ids)), np.int32)
    questions[0] = word_ids
    for position, shorter in enumerate(questions[1:]):
        shorter[:-1] = np.delete(word_ids, position)
    return questions
