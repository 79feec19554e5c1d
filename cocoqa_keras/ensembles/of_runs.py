"""Finished runs that answer together the questions of a part."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.ensembles.average import average
from cocoqa_keras.ensembles.per_type import combine_by_type, map_answers
from cocoqa_keras.evaluation.predictor import Progress
from cocoqa_keras.evaluation.reindex import reindex
from cocoqa_keras.training.run import Run
from cocoqa_keras.training.run_scores import scores_of


class RunWithFeatures(NamedTuple):
    """A finished run, with the image features that its model takes, or None where it takes none."""

    run: Run
    features: SparseFeatures | None


def average_of_runs(
    models: Sequence[RunWithFeatures],
    dataset: Dataset,
    split: str,
    progress: Progress = lambda done, total: None,
) -> np.ndarray:
    """The mean of the scores of some runs; of a single run its scores.

    Args:
        models: the runs.
        dataset: a data set with the words and answers of all of them.
        split: the part, `train`, `valid` or `test`.
        progress: told how far each run is.

    Returns:
        (N, A)

    Raises:
        InputError: as for `scores_of`.
    """
    scores = [scores_of(model.run, dataset, split, model.features, progress=progress) for model in models]
    return scores[0] if len(scores) == 1 else average(scores)


def runs_by_type(
    models: Mapping[QuestionType, RunWithFeatures],
    dataset: Dataset,
    split: str,
    progress: Progress = lambda done, total: None,
) -> np.ndarray:
    """The scores of one run for each question type, each asked the questions of its type alone.

    A run may have been trained on the questions of its type alone, and so have words and answers of its own:
    they are matched by name.

    Args:
        models: the run of each type.
        dataset: the data set with the questions of all types.
        split: the part, `train`, `valid` or `test`.
        progress: told how far each run is.

    Returns:
        (N, A), in the answers of the data set.

    Raises:
        InputError: a type has no run, or the image features do not fit.
    """
    types = dataset.types_of(split)
    by_type = {}
    for kind, (run, features) in models.items():
        rows = types == kind
        own_words = reindex(dataset, run.question_words, run.answers)
        own = scores_of(run, own_words, split, features, rows, progress)
        by_type[kind] = np.zeros((len(types), dataset.answer_count), own.dtype)
        by_type[kind][rows] = map_answers(own, run.answers, dataset.answers)
    return combine_by_type(by_type, types)
