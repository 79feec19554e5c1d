"""The sizes of a model where the data, not the model file, decide."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.models.roles import InputRoles
from cocoqa_keras.spec.model_spec import ModelSpec
from cocoqa_keras.spec.stages import Lstm, Map, Ordinal, Recurrent, TimeFold

INDEX_COSTS = ("crossEntIdx", "crossEntOneIdx", "crossEntOneAccIdx", "rankingLoss", "mseEye")


@dataclass(frozen=True)
class DatasetInfo:
    """What a model needs to know of a data set.

    Attributes:
        vocabulary_size: question words, `UNK` included, the empty word not.
        answer_count: answers, `UNK` included.
        words_per_question: words of the longest question that the files have room for.
        image_count: images, and so rows of features.
        feature_width: features of an image; None for a data set without features.
        feature_mean: (feature_width,) mean of each feature over the images.
        feature_std: (feature_width,) deviation of each feature.
    """

    vocabulary_size: int
    answer_count: int
    words_per_question: int
    image_count: int
    feature_width: int | None = None
    feature_mean: np.ndarray | None = field(default=None, repr=False)
    feature_std: np.ndarray | None = field(default=None, repr=False)

    @classmethod
    def of(cls, dataset: Dataset, features: SparseFeatures | None = None) -> "DatasetInfo":
        """The sizes of a loaded data set and, where there are any, of its image features."""
        return cls(
            vocabulary_size=len(dataset.question_words),
            answer_count=len(dataset.answers),
            words_per_question=dataset.train.questions.shape[1],
            image_count=len(dataset.image_names),
            feature_width=None if features is None else features.shape[1],
            feature_mean=None if features is None else features.mean,
            feature_std=None if features is None else features.std,
        )


@dataclass(frozen=True)
class SizeDifference:
    """A size that the data set by another value than the model file."""

    stage: str
    field: str
    in_spec: int
    in_data: int

    def __str__(self) -> str:
        return f"stage '{self.stage}': {self.field} is {self.in_data} in the data, not {self.in_spec}"


def fit_sizes(spec: ModelSpec, info: DatasetInfo) -> tuple[ModelSpec, list[SizeDifference]]:
    """Gives a model the sizes of a data set.

    Args:
        spec: a model that takes a question, an image, or both.
        info: the sizes of the data.

    Returns:
        the model with the data's sizes, and what differed, in order of computation.
    """
    sizes = _sizes_in_data(spec, InputRoles.of(spec), info)
    differences = []
    changes: dict[str, dict[str, Any]] = {}
    for stage in spec.stages:
        for name, in_data in sizes.get(stage.name, {}).items():
            in_spec = getattr(stage, name)
            if in_data is None or in_spec is None or in_spec == in_data:
                continue
            changes.setdefault(stage.name, {})[name] = in_data
            alias = type(stage).model_fields[name].alias
            differences.append(SizeDifference(stage.name, alias, in_spec, in_data))
    return spec.replace_stages(changes), differences


def _sizes_in_data(spec: ModelSpec, roles: InputRoles, info: DatasetInfo) -> dict[str, dict[str, int | None]]:
    sizes: dict[str, dict[str, int | None]] = {}
    learns_index = spec.cost_fn in INDEX_COSTS
    for stage in spec.stages:
        if stage.name in roles.question_selectors:
            sizes[stage.name] = {"end": stage.start + info.words_per_question}
            longer = stage.start + info.words_per_question - stage.end
        elif stage.name in roles.word_tables:
            sizes[stage.name] = {"input_dim": info.vocabulary_size}
        elif stage.name in roles.image_tables:
            sizes[stage.name] = {"input_dim": info.image_count, "output_dim": info.feature_width}
        elif stage.name in roles.feature_norms:
            sizes[stage.name] = {"output_dim": info.feature_width}
        elif isinstance(stage, TimeFold) and stage.name in roles.of_words:
            sizes[stage.name] = {"timespan": info.words_per_question}
        elif isinstance(stage, Lstm | Recurrent) and stage.multi_input and stage.name in roles.of_words:
            sizes[stage.name] = {"timespan": stage.timespan + longer}
        elif isinstance(stage, Map | Ordinal) and learns_index and spec.outputs == (stage.name,):
            sizes[stage.name] = {"output_dim": info.answer_count}
    return sizes
