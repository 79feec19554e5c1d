"""Reading a finished run from its folder alone."""

import shutil
from itertools import product

import numpy as np
import pytest

from cocoqa_keras.data.pipeline import BatchReader
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.predictor import Predictor
from cocoqa_keras.spec import TrainingConfig
from cocoqa_keras.training.reporter import SilentReporter
from cocoqa_keras.training.run import load_run
from cocoqa_keras.training.trainer import Trainer


@pytest.fixture(scope="module")
def round_one(tiny_spec, tiny_dataset, tiny_features, tmp_path_factory):
    """A round of three epochs with validation."""
    config = TrainingConfig(numEpoch=3, batchSize=4)
    output = tmp_path_factory.mktemp("results")
    options = {"exports": False, "tensorboard": False, "reporter": SilentReporter()}
    trainer = Trainer(tiny_spec("img_bow"), tiny_dataset, tiny_features, config, output, **options)
    return trainer.train_round_one()


@pytest.fixture
def damaged(round_one, tmp_path):
    """A copy of the run folder, to be damaged."""
    return shutil.copytree(round_one.folder.path, tmp_path / round_one.folder.name)


def test_a_run_is_read_back_whole(round_one, tiny_dataset, tiny_features):
    run = load_run(round_one.folder.path)
    assert run.folder == round_one.folder.path
    assert run.spec.name == "img_bow"
    assert run.question_words == tiny_dataset.question_words
    assert run.answers == tiny_dataset.answers
    assert run.summary.name == round_one.folder.name
    assert run.summary.data.vocabulary_size == 9
    reader = BatchReader.for_model(run.model, tiny_dataset.test, tiny_features)
    scores = Predictor(run.model).predict(reader)
    np.testing.assert_array_equal(scores, Predictor(round_one.training.model).predict(reader))
    assert run.summary.test["rate"] == np.mean(scores.argmax(1) == tiny_dataset.test.answers)


def test_a_run_leaves_the_files_of_the_2015_program(round_one):
    folder = round_one.folder
    for suffix in (".model.yml", ".w.npy", ".csv", "_loss.png", "_err.png", ".test.o.txt", ".test.t.txt"):
        assert folder.file(suffix).stat().st_size > 0
    assert (folder.path / "result.txt").read_text().startswith("rate: 0.")


def test_a_run_folder_may_be_given_as_text_and_from_inside(round_one, monkeypatch):
    monkeypatch.chdir(round_one.folder.path)
    assert load_run(".").spec.name == load_run(str(round_one.folder.path)).spec.name == "img_bow"


def test_a_renamed_run_is_read(damaged):
    assert load_run(damaged.rename(damaged.parent / "best")).spec.name == "img_bow"


def test_a_loaded_model_is_compiled_and_can_train_on(round_one, tiny_dataset, tiny_features):
    model = load_run(round_one.folder.path).model
    reader = BatchReader.for_model(model, tiny_dataset.train, tiny_features)
    batches = reader.batches(lambda epoch: np.arange(14), 1, 5)
    losses = model.fit(batches, steps_per_epoch=3, shuffle=False, verbose=0).history["loss"]
    assert np.isfinite(losses).all()


def refuse(folder, name=""):
    with pytest.raises(InputError) as caught:
        load_run(folder)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert str(folder / name) in message


def test_what_is_no_run_folder_is_refused(tmp_path):
    refuse(tmp_path)
    refuse(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["model.keras", "vocabulary.json", "answers.json", "run.json", ".model.yml"])
def test_a_missing_file_is_refused(damaged, name):
    path = damaged / (f"{damaged.name}{name}" if name.startswith(".") else name)
    path.unlink()
    refuse(damaged, path.name if path.suffix == ".json" else "")


NO_JSON = [b"", b"{", b"\xff", b"[1, 2]", b"null"]
NO_WORDS = [
    b"{}",
    b'{"words": ["cat"], "first_id": 0}',
    b'{"words": 5, "first_id": 0}',
    b'{"words": ["UNK"]}',
]


WORDS = ("vocabulary.json", "answers.json")


@pytest.mark.parametrize(
    ("name", "content"), [*product([*WORDS, "run.json"], NO_JSON), *product(WORDS, NO_WORDS)]
)
def test_what_is_no_summary_and_no_list_of_words_is_refused(damaged, name, content):
    (damaged / name).write_bytes(content)
    refuse(damaged, name)


DAMAGE = {
    "empty": lambda content: b"",
    "cut short": lambda content: content[: len(content) // 2],
    "its first half twice": lambda content: content[: len(content) // 2] * 2,
    "text": lambda content: b"not a model",
    "bytes changed in the middle": lambda content: (
        content[: len(content) // 2]
        + bytes(byte ^ 255 for byte in content[len(content) // 2 : len(content) // 2 + 200])
        + content[len(content) // 2 + 200 :]
    ),
    "bytes changed at the start": lambda content: (
        content[:60] + bytes(byte ^ 255 for byte in content[60:300]) + content[300:]
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_model_is_refused(damaged, what):
    path = damaged / "model.keras"
    path.write_bytes(DAMAGE[what](path.read_bytes()))
    refuse(damaged, "model.keras")
