"""Which of the paper's figures a model is compared with."""

from dataclasses import replace

import numpy as np
import pytest

from cocoqa_keras.data.split import Split
from cocoqa_keras.models.zoo import list_models
from cocoqa_keras.reproduce.published import PublishedTable, published_figures, published_for

TEST_QUESTIONS = 38948  # of COCO-QA, by the paper


@pytest.fixture
def cocoqa(tiny_dataset):
    """A data set with as many test questions as COCO-QA."""
    zeros = np.zeros(TEST_QUESTIONS, np.int32)
    return replace(tiny_dataset, test=Split(zeros, zeros[:, None], zeros))


@pytest.mark.parametrize(
    ("model", "rate"),
    [("bow", 0.3752), ("lstm", 0.3676), ("img_bow", 0.5592), ("vis_lstm", 0.5331), ("2_vis_blstm", 0.5509)],
)
def test_a_model_has_the_rate_of_its_row(model, rate, cocoqa):
    assert model in list_models()
    assert published_for(model, cocoqa)["rate"] == rate


def test_other_models_and_other_data_have_none(cocoqa, tiny_dataset):
    assert published_for("img", cocoqa) is None  # the paper's is a model for each type
    assert published_for("mine", cocoqa) is None
    assert published_for("bow", tiny_dataset) is None
    assert published_for("bow", replace(tiny_dataset, test=None)) is None


@pytest.mark.parametrize("table", PublishedTable)
def test_figures_are_shares(table):
    for figures in published_figures(table).values():
        assert all(0 < figure < 1 for figure in figures.values())
