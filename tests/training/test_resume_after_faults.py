"""A disk that breaks at a step of training: a clear end, and from there to the end of an unbroken run."""

from itertools import product

import numpy as np
import pytest
from broken_disk import broken_disk, fails, is_almost_full, is_full

from cocoqa_keras.errors import InputError
from cocoqa_keras.spec.training_config import TrainingConfig
from cocoqa_keras.training.reporter import SilentReporter
from cocoqa_keras.training.trainer import Trainer

TRIES = 12  # unless every step is tried


@pytest.fixture(scope="module")
def trainer(tiny_spec, tiny_dataset):
    """Makes a trainer of two rounds of two epochs."""

    def make(output):
        config = TrainingConfig(numEpoch=2, batchSize=7, plotFigs=False)
        return Trainer(
            tiny_spec("bow"),
            tiny_dataset,
            None,
            config,
            output,
            exports=False,
            tensorboard=False,
            checkpoint_minutes=0,
            reporter=SilentReporter(),
        )

    return make


def content(folder):
    """What there is to compare of all rounds."""
    kinds = (".csv", ".w.npy", ".test.o.txt", "result.txt", "predictions.jsonl")
    names = {path: path.name.removeprefix(path.parent.name) for path in folder.glob("*/*")}
    return {
        ("-v-" in path.parent.name, name): path.read_bytes() for path, name in names.items() if name in kinds
    }


def outcome(output, trainer):
    """Trains, and goes on as often as the disk lets it; how that ended at first."""
    try:
        trainer(output).train()
        return "trained"
    except InputError as error:
        assert "\n" not in str(error)
    begun = sorted(path for path in output.glob("*") if list(path.glob("checkpoint/*-*.npz")))
    if not begun:
        assert not any(output.glob("*"))
        return "nothing left"
    return begun


@pytest.mark.slow
def test_the_end_is_that_of_an_unbroken_run(trainer, tmp_path, request):
    with broken_disk(None, fails) as disk:
        trainer(tmp_path / "whole").train()
    whole = content(tmp_path / "whole")
    assert len(whole) == 10
    faults = list(product(range(disk.steps), (fails, is_full, is_almost_full)))
    if not request.config.getoption("--every-step"):
        faults = [faults[index] for index in np.linspace(0, len(faults) - 1, TRIES).astype(int)]
    ends = []
    for step, fault in faults:
        output = tmp_path / f"{step}-{fault.__name__}"
        with broken_disk(step, fault):
            end = outcome(output, trainer)
        if isinstance(end, list):
            trainer(output).resume(end[-1])
            end = "resumed"
        if end != "nothing left":
            assert content(output) == whole, (step, fault)
        ends.append(end)
    assert ends.count("resumed") > len(ends) / 3
    if request.config.getoption("--every-step"):
        print({end: ends.count(end) for end in sorted(set(ends))})
