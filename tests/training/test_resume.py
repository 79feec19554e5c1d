"""A round that is interrupted and gone on with ends as one in one go."""

import errno
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from reporters import Lines

from cocoqa_keras.cli.train import main
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.errors import InputError
from cocoqa_keras.locks import locked
from cocoqa_keras.spec.training_config import TrainingConfig
from cocoqa_keras.training import round_runner
from cocoqa_keras.training.example_weights import write_example_weights
from cocoqa_keras.training.interruption import Interruption
from cocoqa_keras.training.run_folder import RunFolder
from cocoqa_keras.training.trainer import Trainer


class Interrupter(Lines):
    """Keeps the lines, and presses Ctrl-C after some batches, as often as it is told."""

    def __init__(self, batches=None, times=1):
        super().__init__()
        self.batches, self.times = batches, times

    def progress(self, title, done, total):
        if self.batches is not None and title.startswith("epoch"):
            self.batches -= 1
            if self.batches == 0:
                for _ in range(self.times):
                    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture(scope="module")
def trainer(tiny_spec, tiny_dataset, tiny_features):
    """Makes a trainer: name of the model, where its runs go, what it reports to, and other settings."""

    def make(model, output, reporter=None, overrides=None, config=None, **options):
        config = TrainingConfig.model_validate(
            {"numEpoch": 3, "batchSize": 4, "plotFigs": False, **(config or {})}
        )
        spec = tiny_spec(model, overrides)
        features = None if model == "bow" else options.pop("features", tiny_features)
        options = {"dataset": tiny_dataset, "exports": False, "tensorboard": False, **options}
        return Trainer(
            spec,
            features=features,
            config=config,
            output=output,
            reporter=reporter or Interrupter(),
            **options,
        )

    return make


def content(folder):
    """What there is to compare of all rounds."""
    files = {}
    for path in folder.glob("*/*"):
        name = path.name.removeprefix(path.parent.name)
        if name in (".csv", ".w.npy", ".test.o.txt", "result.txt", "predictions.jsonl"):
            files["-v-" in path.parent.name, name] = path.read_bytes()
    return files


def newest(folder):
    """The folder of the last round that has begun."""
    return max(folder.iterdir(), key=lambda path: "-v-" not in path.name)


CASES = {
    "2_vis_blstm": ("2_vis_blstm", 7, {"config": {"needValid": False}, "seed": 3}),
    "records in the middle of epochs": ("bow", 7, {"config": {"stepSize": 3}}),
    "the second round alone": ("bow", 5, {"config": {"stopScore": 0.1}}),
    "no validation, in the order of the data": ("bow", 5, {"config": {"shuffle": False, "needValid": False}}),
    "a part held out, weight clip and decay": (
        "bow",
        5,
        {
            "config": {"heldOutRatio": 0.3},
            "overrides": {"txtDict.weightClip": "1", "softmax.weightRegConst": "0.1"},
        },
    ),
}


@pytest.mark.parametrize(("model", "batches", "options"), CASES.values(), ids=CASES)
def test_the_end_is_the_same(trainer, tmp_path, model, batches, options):
    trainer(model, tmp_path / "whole", **options).train()
    interrupter = Interrupter(batches)
    with pytest.raises(KeyboardInterrupt):
        trainer(model, tmp_path / "cut", interrupter, **options).train()
    folder = newest(tmp_path / "cut")
    assert interrupter.lines[-1] == f"To go on from the last checkpoint: cocoqa-train --resume {folder}"
    resumed = Interrupter()
    last = trainer(model, tmp_path / "cut", resumed, **options).resume(folder)
    assert last.path == newest(tmp_path / "cut")
    whole = content(tmp_path / "whole")
    assert len(whole) in (5, 10)
    assert content(tmp_path / "cut") == whole
    assert not list(tmp_path.glob("cut/*/checkpoint"))


@pytest.fixture(scope="module")
def whole(trainer, tmp_path_factory):
    """What IMG+BOW leaves, trained in one go."""
    output = tmp_path_factory.mktemp("whole")
    trainer("img_bow", output).train()
    return content(output)


@pytest.fixture(scope="module")
def once_cut(trainer, tmp_path_factory):
    """An output folder in which IMG+BOW was interrupted in the second epoch of its first round."""
    output = tmp_path_factory.mktemp("once_cut")
    with pytest.raises(KeyboardInterrupt):
        trainer("img_bow", output, Interrupter(6)).train()
    return output


@pytest.fixture
def cut(once_cut, tmp_path):
    """A copy of its run folder."""
    shutil.copytree(once_cut, tmp_path / "cut")
    (folder,) = (tmp_path / "cut").iterdir()
    return folder


@pytest.mark.parametrize("batches", [2, 4, 15], ids=["first epoch", "end of an epoch", "second round"])
def test_img_bow(trainer, whole, tmp_path, batches):
    with pytest.raises(KeyboardInterrupt):
        trainer("img_bow", tmp_path / "cut", Interrupter(batches)).train()
    trainer("img_bow", tmp_path / "cut").resume(newest(tmp_path / "cut"))
    assert content(tmp_path / "cut") == whole


def test_every_batch_of_a_round(trainer, tmp_path):
    """Interrupted after each batch, and so gone on with as often as there are batches."""
    config = {"batchSize": 6, "numEpoch": 2}
    trainer("img_bow", tmp_path / "whole", config=config).train(one_round=True)
    with pytest.raises(KeyboardInterrupt):
        trainer("img_bow", tmp_path / "cut", Interrupter(1), config=config).train(one_round=True)
    (folder,) = (tmp_path / "cut").iterdir()
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            trainer("img_bow", tmp_path / "cut", Interrupter(1), config=config).resume(folder)
    trainer("img_bow", tmp_path / "cut", config=config).resume(folder)
    assert content(tmp_path / "cut") == content(tmp_path / "whole")


def test_example_weights(trainer, tiny_dataset, tmp_path):
    random = np.random.RandomState(1)
    weights = {"train": random.uniform(0, 2, 14), "valid": random.uniform(0, 2, 6)}
    write_example_weights(tmp_path / "weights", weights)
    options = {"example_weights": tmp_path / "weights"}
    trainer("bow", tmp_path / "whole", **options).train()
    with pytest.raises(KeyboardInterrupt):
        trainer("bow", tmp_path / "cut", Interrupter(6), **options).train()
    trainer("bow", tmp_path / "cut", **options).resume(newest(tmp_path / "cut"))
    assert content(tmp_path / "cut") == content(tmp_path / "whole")


def test_other_settings_are_refused_with_the_difference(trainer, cut, tmp_path):
    before = sorted(path.read_bytes() for path in cut.glob("checkpoint/*.npz"))
    rate = trainer("img_bow", tmp_path / "cut", overrides={"softmax.learningRate": "0.5"})
    with pytest.raises(InputError, match=r"stage softmax learningRate: 0\.01 then, 0\.5 now$"):
        rate.resume(cut)
    with pytest.raises(InputError, match=r"configuration batchSize: 4 then, 5 now; seed: 0 then, 2 now$"):
        trainer("img_bow", tmp_path / "cut", config={"batchSize": 5}, seed=2).resume(cut)
    assert sorted(path.read_bytes() for path in cut.glob("checkpoint/*.npz")) == before


def test_other_data_are_refused_with_the_difference(trainer, cut, tiny_dataset, tiny_features, tmp_path):
    fewer = replace(tiny_dataset, train=tiny_dataset.train.take(np.arange(13)))
    with pytest.raises(InputError, match="data train questions: 14 then, 13 now; data SHA-256: "):
        trainer("img_bow", tmp_path / "cut", dataset=fewer).resume(cut)
    turned = replace(tiny_dataset, train=tiny_dataset.train.take(np.arange(14)[::-1]))
    with pytest.raises(InputError, match=r"cannot go on: data SHA-256: \w{64} then, "):
        trainer("img_bow", tmp_path / "cut", dataset=turned).resume(cut)
    write_features(tmp_path / "others.h5", np.eye(8, 10))
    with SparseFeatures(tmp_path / "others.h5") as others, pytest.raises(InputError, match="file features: "):
        trainer("img_bow", tmp_path / "cut", features=others).resume(cut)


def test_states_that_cannot_be_deleted_do_not_fail_a_finished_run(trainer, whole, tmp_path, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        trainer("img_bow", tmp_path / "cut", Interrupter(15)).train()
    (first,) = tmp_path.glob("cut/*-v-*/checkpoint")
    unlink = Path.unlink

    def refuse(path, *arguments, **options):
        if path.parent == first and path.suffix == ".npz":
            raise PermissionError(errno.EACCES, "Permission denied")
        unlink(path, *arguments, **options)

    monkeypatch.setattr(Path, "unlink", refuse)
    reporter = Interrupter()
    trainer("img_bow", tmp_path / "cut", reporter).resume(newest(tmp_path / "cut"))
    assert sum(line.startswith(f"Finished, but cannot delete {first}/0") for line in reporter.lines) == 1
    assert list(tmp_path.glob("cut/*/checkpoint")) == [first]
    assert content(tmp_path / "cut") == whole


def test_a_second_ctrl_c_does_not_wait(trainer, tmp_path):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        trainer("bow", tmp_path / "cut", Interrupter(2, times=2)).train()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_is_not_worked_on_twice(trainer, cut):
    with locked(cut / "checkpoint"), pytest.raises(InputError, match="in use by another process"):
        trainer("img_bow", cut.parent).resume(cut)


def test_what_could_not_be_written_is_written_in_the_end(trainer, whole, tmp_path, monkeypatch):
    write, calls = RunFolder.write_weights, []

    def fail_once(folder, *arguments):
        calls.append(folder)
        if len(calls) == 3:
            raise InputError("cannot write")
        write(folder, *arguments)

    monkeypatch.setattr(RunFolder, "write_weights", fail_once)
    with pytest.raises(InputError, match="cannot write"):
        trainer("img_bow", tmp_path / "cut").train()
    trainer("img_bow", tmp_path / "cut").resume(newest(tmp_path / "cut"))
    assert content(tmp_path / "cut") == whole


def test_a_renamed_run_folder_is_told(trainer, cut):
    renamed = cut.rename(cut.with_name("mine"))
    with pytest.raises(InputError, match=f"give the folder its old name, {cut.name}, to go on"):
        trainer("img_bow", cut.parent).resume(renamed)


def test_ctrl_c_that_comes_too_late_for_a_batch_is_not_lost():
    with pytest.raises(KeyboardInterrupt), Interruption():
        os.kill(os.getpid(), signal.SIGINT)


def test_weights_that_have_moved_can_be_named(trainer, tmp_path):
    weights = trainer("bow", tmp_path / "before").train(one_round=True).file(".w.npy")
    first = shutil.copy(weights, tmp_path / "first.w.npy")
    trainer("bow", tmp_path / "whole", weights_from=first).train(one_round=True)
    with pytest.raises(KeyboardInterrupt):
        trainer("bow", tmp_path / "cut", Interrupter(5), weights_from=first).train(one_round=True)
    moved = shutil.move(first, tmp_path / "moved.w.npy")
    assert main(["--resume", str(newest(tmp_path / "cut")), "--weights-from", str(moved)]) == 0
    assert content(tmp_path / "cut") == content(tmp_path / "whole")


def test_a_finished_run_is_left_alone(trainer, tmp_path):
    folder = trainer("bow", tmp_path / "done").train(one_round=True).path
    before = content(tmp_path / "done")
    with pytest.raises(InputError, match="nothing to go on from"):
        trainer("bow", tmp_path / "done").resume(folder)
    assert content(tmp_path / "done") == before


def test_another_version_of_the_program_is_told(trainer, cut):
    checkpoints = RunFolder(cut).checkpoints
    state = checkpoints.load()
    state.facts["settings"]["versions"]["tensorflow"] = "2.0"
    checkpoints.save(state)
    reporter = Interrupter(1)
    with pytest.raises(KeyboardInterrupt):
        trainer("img_bow", cut.parent, reporter).resume(cut)
    assert any(line.startswith("Begun with tensorflow 2.0, going on with") for line in reporter.lines)


def test_the_command_goes_on_and_ends_the_same(whole, cut, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(cut)  # the run folder may be the working folder
    assert main(["--resume", "."]) == 0
    assert "Next: cocoqa-evaluate" in capsys.readouterr().out
    assert content(tmp_path / "cut") == whole
    assert main(["--resume", str(cut)]) == 2


@pytest.mark.parametrize(("options", "minutes"), [((), 30), (("--checkpoint-minutes", "2"), 2)])
def test_the_state_is_saved_as_often_as_before_or_as_is_asked(cut, monkeypatch, options, minutes):
    checkpoints = RunFolder(cut).checkpoints
    state = checkpoints.load()
    state.facts["settings"]["checkpoint_minutes"] = 30.0
    checkpoints.save(state)
    autosave, found = round_runner.Autosave, []
    monkeypatch.setattr(
        round_runner,
        "Autosave",
        lambda save, minutes, *rest: found.append(minutes) or autosave(save, minutes, *rest),
    )
    assert main(["--resume", str(cut), *options]) == 0
    assert set(found) == {minutes}


def test_a_damaged_checkpoint_costs_what_came_after_the_one_before(whole, cut, tmp_path, capsys):
    path = max(cut.glob("checkpoint/*.npz"))
    path.write_bytes(path.read_bytes()[:-1])
    assert main(["--resume", str(cut)]) == 0
    assert f"{path.name} is damaged; going on from the checkpoint before" in capsys.readouterr().out
    assert content(tmp_path / "cut") == whole


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["vis_lstm"],
            "begun with other settings, and cannot go on: model name: img_bow then, vis_lstm now; ",
        ),
        (["--seed", "0"], "--seed goes with a new run"),
        (["--set", "batchSize=4"], "--set goes with a new run"),
        (["--data", "nowhere"], "nowhere"),
        (["--checkpoint-minutes", "-1"], "--checkpoint-minutes"),
    ],
)
def test_the_command_refuses_what_does_not_go_with_the_run(cut, capsys, arguments, message):
    before = sorted(path.name for path in cut.rglob("*"))
    assert main(["--resume", str(cut), *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert sorted(path.name for path in cut.rglob("*")) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda facts, arrays: facts.pop("plan"),
        lambda facts, arrays: arrays.pop("weights/0"),
        lambda facts, arrays: arrays.update({"optimizer/3": np.zeros((2, 2))}),
        lambda facts, arrays: arrays.update({"weights/0": np.full(arrays["weights/0"].shape, "a")}),
    ],
)
def test_a_checkpoint_of_something_else_is_told(trainer, cut, change):
    checkpoints = RunFolder(cut).checkpoints
    state = checkpoints.load()
    change(state.facts, state.arrays)
    checkpoints.save(state)
    with pytest.raises(
        InputError, match=r"the checkpoint is of another version of this program; train anew$"
    ):
        trainer("img_bow", cut.parent).resume(cut)
