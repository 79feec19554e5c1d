"""The scores of a finished run, and the data that it can be asked about."""

from dataclasses import replace

import numpy as np
import pytest

from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.reindex import reindex
from cocoqa_keras.spec import TrainingConfig
from cocoqa_keras.training.reporter import SilentReporter
from cocoqa_keras.training.run import load_run
from cocoqa_keras.training.run_files import find_data
from cocoqa_keras.training.run_scores import scores_of
from cocoqa_keras.training.trainer import Trainer


@pytest.fixture(scope="module")
def folder(tiny_spec, tiny_dataset, tiny_features, tmp_path_factory):
    """A run of one epoch."""
    config = TrainingConfig(numEpoch=1, batchSize=4, plotFigs=False)
    output = tmp_path_factory.mktemp("results")
    options = {"exports": False, "tensorboard": False, "reporter": SilentReporter()}
    trainer = Trainer(tiny_spec("img_bow"), tiny_dataset, tiny_features, config, output, **options)
    return trainer.train_round_one().folder.path


@pytest.fixture(scope="module")
def run(folder):
    return load_run(folder)


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_scores_are_the_model_s_outputs_on_any_part(run, tiny_dataset, tiny_features, split):
    part = tiny_dataset.split(split)
    inputs = {"question": part.questions, "image": tiny_features.read(part.image_ids - 1)}
    expected = run.model({name: inputs[name] for name in run.model.input})
    scores = scores_of(run, tiny_dataset, split, tiny_features)
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
    rows = np.arange(len(part)) % 2 == 1
    np.testing.assert_allclose(
        scores_of(run, tiny_dataset, split, tiny_features, rows), scores[rows], rtol=1e-5
    )


def test_the_run_knows_its_data_and_its_features(run, tiny_folder, tiny_features):
    assert find_data(run.folder, run.summary, None, None) == (tiny_folder, tiny_features.path)


def refusal(function, *arguments):
    with pytest.raises(InputError) as caught:
        function(*arguments)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def test_other_words_and_answers_are_refused_and_can_be_mapped(run, tiny_dataset, tiny_features):
    others = replace(tiny_dataset, answers=Vocabulary(("red", "cat", "two", "UNK"), 0))
    assert "its 4 answers are not the 4" in refusal(scores_of, run, others, "test", tiny_features)
    others = replace(tiny_dataset, question_words=Vocabulary((*"hgfedcba", "UNK"), 1))
    message = refusal(scores_of, run, others, "test", tiny_features)
    assert "its 9 question words" in message
    assert "--reindex" in message
    mapped = reindex(others, run.question_words, run.answers)
    assert scores_of(run, mapped, "test", tiny_features).shape == (10, 4)


def test_features_of_another_width_or_none_are_refused(run, tiny_dataset, tmp_path):
    assert "--features" in refusal(scores_of, run, tiny_dataset, "test", None)
    write_features(tmp_path / "narrow.h5", np.ones((8, 3)))
    with SparseFeatures(tmp_path / "narrow.h5") as narrow:
        assert "has 3 features of an image" in refusal(scores_of, run, tiny_dataset, "test", narrow)
    write_features(tmp_path / "few.h5", np.ones((3, 10)))
    with SparseFeatures(tmp_path / "few.h5") as few:
        assert "3 rows" in refusal(scores_of, run, tiny_dataset, "test", few)
