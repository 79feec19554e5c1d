"""The scores of finished runs, on the data that they were trained on or on others."""

import numpy as np

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.pipeline import BatchReader
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.predictor import Predictor, Progress
from cocoqa_keras.models.decisions import answer_scores
from cocoqa_keras.models.image_features import check_features
from cocoqa_keras.training.run import Run


def scores_of(
    run: Run,
    dataset: Dataset,
    split: str = "test",
    features: SparseFeatures | None = None,
    rows: np.ndarray | None = None,
    progress: Progress = lambda done, total: None,
) -> np.ndarray:
    """What a run's model makes of the questions of a part.

    Args:
        run: the finished run.
        dataset: a data set with the words and answers that the run was trained with; `reindex` makes one of
            any other.
        split: the part, `train`, `valid` or `test`.
        features: the features of the data set's images, for a model that takes an image.
        rows: the questions to score, (M,) indices or (N,) bool; by default all.
        progress: told how far it is.

    Returns:
        (M, A), a row a question and a column an answer; the higher, the better.

    Raises:
        InputError: the data set has no such part or other words or answers, or the features do not fit.

    Example:
        run = load_run("results/bow-20260101-120000")
        dataset = load_dataset("data/cocoqa")
        evaluate(scores_of(run, dataset), dataset.test.answers, dataset.question_types)
    """
    part = dataset.split(split)
    _check_words(run, dataset)
    if "image" in run.model.input:
        check_features(features, run.folder, run.model.input["image"].shape[1])
        features.check_images(dataset.image_names)
    reader = BatchReader.for_model(run.model, part if rows is None else part.take(rows), features)
    outputs = Predictor(run.model).predict(reader, progress)
    return np.asarray(answer_scores(run.spec.decision_fn, outputs, len(run.answers)))


def _check_words(run: Run, dataset: Dataset) -> None:
    for what, own, others in (
        ("question words", run.question_words, dataset.question_words),
        ("answers", run.answers, dataset.answers),
    ):
        if own != others:
            raise InputError(
                f"{dataset.folder}: its {len(others)} {what} are not the {len(own)} that {run.folder} was "
                f"trained with; --reindex maps words and answers by name"
            )
