"""Training shared among two replicas, of one process or of two, against training alone."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import shared_training
from shared_training import CASES, CASES_OF_DEVICES

from cocoqa_keras.cli import train

pytestmark = pytest.mark.slow
PATIENCE = 300  # seconds, far more than anything here takes


def free_ports(count):
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]


@contextlib.contextmanager
def processes(arguments_of, count=2, **keywords):
    """Starts Python with arguments for each process of a cluster; none outlives the test."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(count)]
    with contextlib.ExitStack() as stack:
        started = []
        for index in range(count):
            config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, *arguments_of(index)],
                    env={**os.environ, "TF_CONFIG": json.dumps(config), "TF_CPP_MIN_LOG_LEVEL": "2"},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    **keywords,
                )
            )
            stack.callback(process.kill)
            started.append(process)
        yield started


def ended(process):
    """Exit code, output and errors of a process, once it has ended."""
    output, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, output, errors


# The figures.


@pytest.fixture(scope="module")
def alone(mini, precision):
    figures = {}
    for name, case in (CASES | CASES_OF_DEVICES).items():
        figures.update(shared_training.trained(mini, name, case))
    precision("float32")
    return figures


def shared(strategy, count, mini, folder):
    """What each of the processes that train together found."""
    outputs = [folder / f"{index}.npz" for index in range(count)]
    script = shared_training.__file__
    with processes(lambda index: [script, strategy, str(mini), str(outputs[index])], count) as started:
        for process in started:
            code, _, errors = ended(process)
            assert code == 0, errors
    return [dict(np.load(output)) for output in outputs]


@pytest.fixture(scope="module")
def mirrored(mini, tmp_path_factory):
    (figures,) = shared("mirrored", 1, mini, tmp_path_factory.mktemp("mirrored"))
    return figures


@pytest.fixture(scope="module")
def workers(mini, tmp_path_factory):
    return shared("multi_worker", 2, mini, tmp_path_factory.mktemp("workers"))


def figures_of(cases, figures):
    return {key: value for key, value in figures.items() if key.split("/")[0] in cases}


def assert_same_training(cases, figures, alone):
    assert figures["replicas"] == 2
    for key, expected in figures_of(cases, alone).items():
        bar = 1e-4 if key.startswith("single") else 1e-6
        largest = np.abs(expected).max()
        np.testing.assert_allclose(figures[key], expected, rtol=bar, atol=bar * largest, err_msg=key)


def test_two_devices_train_as_one(mirrored, alone):
    assert_same_training(CASES_OF_DEVICES, mirrored, alone)


def test_two_processes_train_as_one(workers, alone):
    assert_same_training(CASES, workers[0], alone)


def test_two_processes_agree_to_the_last_bit(workers):
    first, second = (figures_of(CASES, figures) for figures in workers)
    for key, expected in first.items():
        np.testing.assert_array_equal(second[key], expected, err_msg=key)


def test_the_first_process_is_the_one_that_writes(workers, mirrored):
    assert [bool(figures["writes"]) for figures in (mirrored, *workers)] == [True, True, False]


def test_processes_that_were_given_different_things_are_told_so(workers, mirrored):
    assert not len(mirrored["complaints"])
    for figures in workers:
        (complaint,) = figures["complaints"]
        assert complaint == "processes 0 and 1 of TF_CONFIG differ in the seed; give all of them the same"


# The command.

TRAIN = "import sys; from cocoqa_keras.cli.train import main; sys.exit(main(sys.argv[1:]))"


def calls(*arguments):
    """The command line of each process, all the same."""
    return lambda index: ["-c", TRAIN, "--strategy", "multi_worker", *map(str, arguments)]


def table(run):
    """The losses and rates of a run."""
    return np.loadtxt(run / f"{run.name}.csv", delimiter=",", skiprows=1)


def test_a_lost_process_ends_the_others_in_seconds_and_all_can_go_on(mini, tmp_path):
    """One process writes, and says what it does."""
    model, data = mini / "models" / "img_bow_mini.model.yml", mini / "data"
    begun = [model, "--data", data, "--features", data / "hidden_mini.h5", "--config", mini / "train.yml"]
    begun += ["--epochs", "8", "--one-round", "--checkpoint-minutes", "0"]
    with processes(calls(*begun), cwd=tmp_path) as started:
        first, second = started
        for line in first.stdout:
            if line.startswith("N:   2"):
                break
        second.kill()
        lost = time.monotonic()
        code, told, errors = ended(first)
        assert time.monotonic() - lost < 60
    assert "To go on from the last checkpoint: cocoqa-train --resume results/" in told
    assert "--strategy multi_worker" in told
    assert code == 75
    assert errors.startswith("error: another worker has ended or cannot be reached")
    assert errors.count("\n") == 1
    (run,) = (tmp_path / "results").iterdir()
    assert 3 <= len(table(run)) < 8

    with processes(calls("--resume", run), cwd=tmp_path) as started:
        first, second = (ended(process) for process in started)
    assert (first[0], second) == (0, (0, "", "")), first[2]
    assert "Next: " in first[1]
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    assert [path.name for path in (tmp_path / "results").iterdir()] == [run.name]
    written = {path.name for path in run.iterdir()}
    assert {"saved_model", "model.keras", "result.txt", "tensorboard"} <= written

    alone = [*begun, "--no-export", "--no-tensorboard", "--output", tmp_path / "alone"]
    assert train.main([str(argument) for argument in alone]) == 0
    (expected,) = (tmp_path / "alone").iterdir()
    np.testing.assert_allclose(table(run)[:, 1:4], table(expected)[:, 1:4], rtol=1e-4)
