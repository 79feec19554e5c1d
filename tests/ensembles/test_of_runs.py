"""Finished runs that answer together."""

from pathlib import Path

import numpy as np
import pytest

from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.ensembles.of_runs import RunWithFeatures, average_of_runs, runs_by_type
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.reindex import reindex
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.training.run import Run
from cocoqa_keras.training.run_scores import scores_of


@pytest.fixture
def model_of(tiny_spec, tiny_features):
    """An untrained model as a run, whose answers depend on the seed."""

    def build(name, dataset, seed=0):
        spec = tiny_spec(name).shift_seeds(seed)
        features = tiny_features if name == "img_bow" else None
        model = build_model(spec, DatasetInfo.of(dataset, features))
        run = Run(Path(f"{name}-{seed}"), spec, model, dataset.question_words, dataset.answers, {})
        return RunWithFeatures(run, features)

    return build


def scores(model, dataset, split="test"):
    return scores_of(model.run, dataset, split, model.features)


@pytest.mark.parametrize("split", ["train", "test"])
def test_blind_and_seeing_models_answer_together(model_of, tiny_dataset, split):
    models = [model_of("bow", tiny_dataset, 1), model_of("img_bow", tiny_dataset, 2)]
    each = [scores(model, tiny_dataset, split) for model in models]
    assert not np.allclose(*each)
    mean = average_of_runs(models, tiny_dataset, split)
    np.testing.assert_allclose(mean, np.mean(each, axis=0), rtol=1e-6)
    np.testing.assert_array_equal(average_of_runs(models[:1], tiny_dataset, split), each[0])


def test_each_question_is_answered_by_the_model_of_its_type(model_of, tiny_dataset):
    models = {kind: model_of("bow", tiny_dataset, int(kind)) for kind in QuestionType}
    combined = runs_by_type(models, tiny_dataset, "test")
    for kind, model in models.items():
        rows = tiny_dataset.question_types == kind
        np.testing.assert_allclose(combined[rows], scores(model, tiny_dataset)[rows], rtol=1e-6)


def test_words_and_answers_of_their_own_are_matched_by_name(model_of, tiny_dataset):
    own = reindex(tiny_dataset, Vocabulary(("h", "a", "UNK"), 1), Vocabulary(("red", "UNK"), 0))
    models = {kind: model_of("bow", tiny_dataset) for kind in QuestionType}
    models[QuestionType.COLOR] = model_of("bow", own)
    combined = runs_by_type(models, tiny_dataset, "test")
    rows = tiny_dataset.question_types == QuestionType.COLOR
    expected = scores(models[QuestionType.COLOR], own)[rows]
    red, unknown = (tiny_dataset.answers.id_of(name) for name in ("red", "UNK"))
    np.testing.assert_allclose(combined[rows][:, [red, unknown]], expected, rtol=1e-6)
    assert not np.delete(combined[rows], [red, unknown], axis=1).any()


def test_a_type_that_the_part_lacks_is_no_matter(model_of, tiny_dataset):
    models = {kind: model_of("bow", tiny_dataset) for kind in QuestionType}
    kinds = set(tiny_dataset.types_of("valid").tolist())
    assert kinds < set(QuestionType)
    assert runs_by_type(models, tiny_dataset, "valid").shape == (6, 4)


def test_a_type_without_a_model_is_refused(model_of, tiny_dataset):
    with pytest.raises(InputError, match="number"):
        runs_by_type({QuestionType.OBJECT: model_of("bow", tiny_dataset)}, tiny_dataset, "test")
