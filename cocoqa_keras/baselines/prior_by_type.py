"""The visual prior on questions of all types."""

import numpy as np

from cocoqa_keras.baselines.by_type import of_type
from cocoqa_keras.baselines.prior import add_prior
from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.question_types import QuestionType


def add_prior_by_type(dataset: Dataset, valid_scores: np.ndarray, test_scores: np.ndarray) -> np.ndarray:
    """Corrects the test scores of a model for the questions of each type by the prior of that type.

    Args:
        dataset: the data set, with a validation part.
        valid_scores: (V, A), the model's scores of the validation questions.
        test_scores: (N, A), of the test questions.

    Returns:
        (N, A); the rows do not add up to 1.

    Raises:
        InputError: a type that the test asks for is missing in training or validation.
    """
    valid_types, test_types = dataset.types_of("valid"), dataset.types_of("test")
    corrected = test_scores.copy()
    for kind in map(QuestionType, np.unique(test_types)):
        valid, test = valid_types == kind, test_types == kind
        corrected[test] = add_prior(of_type(dataset, kind), kind, valid_scores[valid], test_scores[test])
    return corrected
