"""How each row of the paper's table is made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from cocoqa_keras.baselines.by_type import of_type
from cocoqa_keras.baselines.guess import guess
from cocoqa_keras.baselines.knn import NearestNeighbors, word_vectors
from cocoqa_keras.baselines.prior_by_type import add_prior_by_type
from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.ensembles.average import average
from cocoqa_keras.ensembles.of_runs import RunWithFeatures, runs_by_type
from cocoqa_keras.evaluation.predictor import Progress
from cocoqa_keras.reproduce.run_store import RunStore
from cocoqa_keras.training.run import load_run
from cocoqa_keras.training.run_scores import scores_of


@dataclass
class Workshop:
    """What rows are made from.

    Attributes:
        dataset: the data set, with its validation and test part.
        features: image features, or None where there are none.
        store: the runs.
        used: the models that a row has asked for, each with the data that it was trained on.
    """

    dataset: Dataset
    features: SparseFeatures | None
    store: RunStore
    used: list[tuple[str, Dataset]] = field(default_factory=list)

    def run(self, model: str, dataset: Dataset | None = None, name: str | None = None) -> Path:
        """The run folder of a model's second round."""
        dataset = dataset or self.dataset
        self.used.append((model, dataset))
        return self.store.second_round(model, dataset, name)

    def scores(self, folder: Path) -> np.ndarray:
        """A run's scores of the test questions, (N, A)."""
        return scores_of(
            load_run(folder), self.dataset, features=self.features, progress=self._progress("test")
        )

    def scores_by_type(self, folders: Mapping[QuestionType, Path], part: str) -> np.ndarray:
        """The scores of the questions of a part by the run of each type, (N, A)."""
        runs = {kind: RunWithFeatures(load_run(folder), self.features) for kind, folder in folders.items()}
        return runs_by_type(runs, self.dataset, part, self._progress(part))

    def _progress(self, part: str) -> Progress:
        return partial(self.store.reporter.progress, part)


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        scores: makes the scores of the test questions, (N, A).
        needs_images: whether that takes image features.
    """

    scores: Callable[[Workshop], np.ndarray]
    needs_images: bool = True


def _guess(workshop: Workshop) -> np.ndarray:
    dataset = workshop.dataset
    return guess(
        dataset.train.answers, dataset.types_of("train"), dataset.types_of("test"), dataset.answer_count
    )


def _model(name: str) -> Callable[[Workshop], np.ndarray]:
    return lambda workshop: workshop.scores(workshop.run(name))


def _image_alone(workshop: Workshop) -> np.ndarray:
    """A model of the image for each question type."""
    folders = {
        kind: workshop.run("img", of_type(workshop.dataset, kind), _image_run(kind))
        for kind in _types(workshop, "test")
    }
    return workshop.scores_by_type(folders, "test")


def _image_with_prior(workshop: Workshop) -> np.ndarray:
    """The same, times the visual prior; its smoothing is chosen with models that have not seen `valid`."""
    folders = {
        kind: workshop.store.first_round("img", of_type(workshop.dataset, kind), _image_run(kind))
        for kind in _types(workshop, "valid")
    }
    validated = workshop.scores_by_type(folders, "valid")
    return add_prior_by_type(workshop.dataset, validated, _image_alone(workshop))


def _types(workshop: Workshop, part: str) -> list[QuestionType]:
    return [QuestionType(kind) for kind in np.unique(workshop.dataset.types_of(part))]


def _image_run(kind: QuestionType) -> str:
    return f"img-{kind.name.lower()}"


def _nearest_neighbors(workshop: Workshop) -> np.ndarray:
    """K is chosen on `valid`; then the neighbours are sought among the examples of both parts."""
    dataset = workshop.dataset
    vectors = word_vectors(load_run(workshop.run("img_bow")).model)

    def neighbors_among(examples: object) -> NearestNeighbors:
        return NearestNeighbors(examples, dataset.answer_count, vectors, workshop.features)

    k = neighbors_among(dataset.train).choose_k(dataset.valid)
    workshop.store.reporter.line(f"K-NN: K = {k}")
    examples = dataset.train.followed_by(dataset.valid)
    return neighbors_among(examples).scores(dataset.test, k)


def _full(workshop: Workshop) -> np.ndarray:
    models = ("img_bow", "vis_lstm", "2_vis_blstm")
    return average([workshop.scores(workshop.run(name)) for name in models])


ROWS = {
    "GUESS": Row(_guess, needs_images=False),
    "BOW": Row(_model("bow"), needs_images=False),
    "LSTM": Row(_model("lstm"), needs_images=False),
    "IMG": Row(_image_alone),
    "IMG+PRIOR": Row(_image_with_prior),
    "K-NN": Row(_nearest_neighbors),
    "IMG+BOW": Row(_model("img_bow")),
    "VIS+LSTM": Row(_model("vis_lstm")),
    "2-VIS+BLSTM": Row(_model("2_vis_blstm")),
    "FULL": Row(_full),
}
"""The rows in the paper's order (Ren, Kiros and Zemel (2015), section 4.2 and table 2)."""
