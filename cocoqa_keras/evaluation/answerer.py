"""Questions in words, answered by a trained model."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from cocoqa_keras.data.vocabulary import Vocabulary, tokenize
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.image_source import ImageSource
from cocoqa_keras.evaluation.metrics import TOP_K, best_answers
from cocoqa_keras.evaluation.predictor import BATCH_SIZE
from cocoqa_keras.models.decisions import answer_scores
from cocoqa_keras.models.image_features import check_features

ImageName = int | str | Path


class TopAnswers(NamedTuple):
    """The best answers to N questions.

    Attributes:
        answers: for each question the K best answers, best first; equal ones in the order of their ids.
        scores: their probabilities, or what the decision makes of the outputs, (N, K).
    """

    answers: list[list[str]]
    scores: np.ndarray


class Answerer:
    """Answers questions in words about images.

    Args:
        model: a model of `build_model`, trained.
        question_words: the words that it was trained with.
        answers: its answers, in order of its outputs.
        images: where images are looked up, for a model that takes one.
        decision: what makes answers of the outputs, a name in `DECISIONS`.

    Attributes:
        images: where images are looked up, or None.
        takes_image: whether the model looks at an image.

    Raises:
        InputError: the model takes images, and there are none, or of another width.

    Example:
        run = load_run("results/img_bow-20260101-120000")
        images = ImageSource.open(run.spec, "data/cocoqa")
        answerer = Answerer(run.model, run.question_words, run.answers, images, run.spec.decision_fn)
        answerer.answer(["what is on the table?"], ["coco:393243"])
    """

    def __init__(
        self,
        model: keras.Model,
        question_words: Vocabulary,
        answers: Vocabulary,
        images: ImageSource | None = None,
        decision: str = "argmax",
    ) -> None:
        self._model, self._question_words, self._answers = model, question_words, answers
        self._decision = decision
        self.images = images
        self.takes_image = "image" in model.input
        if self.takes_image:
            features = None if images is None else images.features
            check_features(features, f"model {model.name}", model.input["image"].shape[1])

    def answer(
        self, questions: Sequence[str], images: Sequence[ImageName] | None = None, top_k: int = TOP_K
    ) -> TopAnswers:
        """The best answers.

        Questions are split on white space and lower-cased, and a `?` at the end is dropped; a word that the
        model does not know counts as `UNK`.

        Args:
            questions: N questions, of any length.
            images: an image for each question, named as `ImageSource` says; None for a model without image.
            top_k: K, how many answers; more than there are gives all.

        Raises:
            InputError: an image is missing, unknown or not asked for, or `top_k` is below 1.
        """
        images = [None] * len(questions) if images is None else images
        if len(images) != len(questions):
            raise InputError(f"{len(questions)} questions need as many images, got {len(images)}")
        if top_k < 1:
            raise InputError(f"expected at least 1 answer to a question, got {top_k}")
        for image in images:
            self.check_image(image)
        top_k = min(top_k, len(self._answers))
        best = np.empty((len(questions), top_k), np.int64)
        scores = np.empty((len(questions), top_k), self._model.output.dtype)
        for start in range(0, len(questions), BATCH_SIZE):
            batch = slice(start, start + BATCH_SIZE)
            outputs = self._model.predict_on_batch(self._inputs(questions[batch], images[batch]))
            of_all = np.asarray(answer_scores(self._decision, outputs, len(self._answers)))
            best[batch] = best_answers(of_all, top_k)
            scores[batch] = np.take_along_axis(of_all, best[batch], axis=1)
        return TopAnswers([self._answers.decode(row) for row in best.tolist()], scores)

    def check_image(self, image: ImageName | None) -> None:
        """Checks that a question about this image can be answered; None stands for no image.

        Raises:
            InputError: it cannot.
        """
        if self.takes_image and image is None:
            raise InputError(f"model {self._model.name} answers about an image; name one")
        if not self.takes_image and image is not None:
            raise InputError(f"model {self._model.name} takes no image; leave image {image} out")
        if image is not None:
            self.images.locate(image)

    def unknown_words(self, question: str) -> list[str]:
        """The words of a question that the model does not know."""
        return [word for word in tokenize(question) if word not in self._question_words]

    def _inputs(self, questions: Sequence[str], images: Sequence[ImageName]) -> dict[str, np.ndarray]:
        readers = {
            "question": lambda: self._encode(questions),
            "image": lambda: self.images.read(images),
        }
        return {name: readers[name]() for name in self._model.input}

    def _encode(self, questions: Sequence[str]) -> np.ndarray:
        """Word ids, int32 (N, T), T being the words of the longest question and at least 1."""
        encoded = [self._question_words.encode(tokenize(question)) for question in questions]
        padded = np.zeros((len(encoded), max(1, *map(len, encoded))), np.int32)
        for row, ids in zip(padded, encoded, strict=True):
            row[: len(ids)] = ids
        return padded
