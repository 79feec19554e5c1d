"""TF_CONFIG, and the wait for the processes that it names."""

import json
import socket
import threading
import time

import pytest

from cocoqa_keras.errors import InputError, LostWorkerError
from cocoqa_keras.training.cluster import Cluster

WORKERS = {"worker": ["one:2222", "two:2222"]}


def config(cluster=WORKERS, **task):
    return json.dumps({"cluster": cluster, "task": {"type": "worker", "index": 0, **task}})


@pytest.fixture
def ports():
    """Two numbers that nobody listens on."""
    with socket.create_server(("", 0)) as first, socket.create_server(("", 0)) as second:
        return [server.getsockname()[1] for server in (first, second)]


def cluster_at(ports, own):
    return Cluster({f"worker {index}": f"127.0.0.1:{port}" for index, port in enumerate(ports)}, own)


def test_processes_have_names(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", config({"chief": ["zero:2222"], **WORKERS}, index=1))
    cluster = Cluster.from_environment()
    assert cluster.addresses == {"chief 0": "zero:2222", "worker 0": "one:2222", "worker 1": "two:2222"}
    assert cluster.own_name == "worker 1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "TF_CONFIG is not set"),
        ("", "TF_CONFIG is not set"),
        ("{", "TF_CONFIG: Invalid JSON"),
        ("[]", "TF_CONFIG: "),
        ('{"cluster": {}}', "TF_CONFIG, task: Field required"),
        (config({"worker": "one:2222"}), "TF_CONFIG, cluster.worker: "),
        (config({"worker": ["one"]}), "TF_CONFIG, cluster.worker.0: "),
        (config({"worker": ["one:99999", "two:2222"]}), "TF_CONFIG, cluster.worker.0: "),
        (config({"worker": ["a..b:2222", "two:2222"]}), "TF_CONFIG, cluster.worker.0: "),
        (config({"worker": ["one:2222", "one:2222"]}), "each process needs an address of its own"),
        (config({"chief": ["a:1", "b:1"], "worker": ["c:1"]}), "one at most is chief"),
        (config({"ps": ["one:2222"]}), "TF_CONFIG, cluster.ps"),
        (config(type="evaluator"), "TF_CONFIG, task.type: "),
        (config(index=-1), "TF_CONFIG, task.index: "),
        (config(index=2), "the task is worker 2; the cluster has worker 0, worker 1"),
        (config(type="chief"), "the task is chief 0; the cluster has worker 0, worker 1"),
    ],
)
def test_what_is_wrong_with_it_is_told_in_one_line(monkeypatch, text, message):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if text is not None:
        monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(InputError) as error:
        Cluster.from_environment()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_processes_that_start_one_after_the_other_meet(ports):
    first = threading.Thread(target=cluster_at(ports, "worker 0").wait_for_all, daemon=True)
    first.start()
    first.join(0.3)
    assert first.is_alive()
    cluster_at(ports, "worker 1").wait_for_all(patience=10)
    with socket.create_server(("", ports[1])):  # from here on TensorFlow's
        first.join(10)
        assert not first.is_alive()


def test_a_process_that_never_comes_is_named(ports):
    with pytest.raises(LostWorkerError, match=f"no answer from worker 1 at 127.0.0.1:{ports[1]}"):
        cluster_at(ports, "worker 0").wait_for_all(patience=0.1)


def test_a_port_in_use_is_named(ports):
    with socket.create_server(("", ports[0])), pytest.raises(InputError, match=f"on port {ports[0]}"):
        cluster_at(ports, "worker 0").wait_for_all(patience=1)


def test_one_process_alone_has_nobody_to_wait_for(ports):
    start = time.monotonic()
    cluster_at(ports[:1], "worker 0").wait_for_all(patience=10)
    assert time.monotonic() - start < 1
