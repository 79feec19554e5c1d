"""IMG: a model of the image alone for each question type."""

import numpy as np
import pytest

from cocoqa_keras.baselines.by_type import of_type
from cocoqa_keras.baselines.guess import guess
from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.data.demo import FEATURES_FILE, build_demo
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.evaluation.evaluator import evaluate
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.zoo import find_model
from cocoqa_keras.spec import TrainingConfig, load_spec
from cocoqa_keras.training.reporter import SilentReporter
from cocoqa_keras.training.trainer import Trainer


def test_img_is_img_bow_without_the_words():
    img, img_bow = (load_spec(find_model(name)) for name in ("img", "img_bow"))
    assert [stage.name for stage in img.stages] == ["imgSel", "imgFeat", "softmax"]
    assert (img["imgSel"], img["imgFeat"]) == (img_bow["imgSel"], img_bow["imgFeat"])
    assert img["softmax"] == img_bow["softmax"].model_copy(update={"inputs": ("imgFeat",)})
    assert (img.cost_fn, img.decision_fn) == (img_bow.cost_fn, img_bow.decision_fn)


def test_img_takes_the_image_alone():
    model = build_model(load_spec(find_model("img")))
    assert {name: tensor.shape for name, tensor in model.input.items()} == {"image": (None, 4096)}
    assert model.output.shape == (None, 431)


@pytest.mark.slow
def test_img_beats_guess_on_the_demo_data(tmp_path):
    build_demo(tmp_path / "demo")
    dataset = load_dataset(tmp_path / "demo" / "cocoqa")
    types = dataset.types_of("test")
    guesses = guess(dataset.train.answers, dataset.types_of("train"), types, dataset.answer_count)
    guessed = evaluate(guesses, dataset.test.answers, types)
    config = TrainingConfig(numEpoch=10, plotFigs=False)
    options = {"exports": False, "tensorboard": False, "reporter": SilentReporter()}
    spec = load_spec(find_model("img"))
    with SparseFeatures(tmp_path / "demo" / FEATURES_FILE) as features:
        for kind in QuestionType:
            questions = of_type(dataset, kind)
            trainer = Trainer(spec, questions, features, config, tmp_path, kind.name, **options)
            run = trainer.train(one_round=True)
            answers = run.file(".test.o.txt").read_text().split()
            right = np.array(answers) == questions.answers.decode(questions.test.answers.tolist())
            assert right.mean() > guessed[kind.name.lower()] + 0.2, kind.name
