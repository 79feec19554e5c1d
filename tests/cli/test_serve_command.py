"""cocoqa-serve: a run behind an address, and how a mistake is answered."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from cocoqa_keras.cli.serve import main
from cocoqa_keras.export.saved_model import write_saved_model
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo

# As a shell starts what a script puts in the background: deaf to Ctrl-C.
CODE = """
import signal, sys
from cocoqa_keras.cli.serve import main
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.exit(main())
"""


@pytest.fixture(scope="module")
def run(tiny_spec, tiny_dataset, tmp_path_factory):
    """A folder that holds the SavedModel of a run."""
    folder = tmp_path_factory.mktemp("results") / "bow-20260101-120000"
    model = build_model(tiny_spec("bow"), DatasetInfo.of(tiny_dataset))
    write_saved_model(folder / "saved_model", model, tiny_dataset.question_words, tiny_dataset.answers)
    return folder


def fetch(url, content=None):
    """The reply to a GET, or to a POST of some content."""
    body = None if content is None else json.dumps(content).encode()
    with urllib.request.urlopen(url, body, timeout=30) as reply:
        return json.load(reply)


@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM])
def test_a_run_is_served_until_it_is_stopped(run, tiny_dataset, request_to_end):
    with subprocess.Popen(
        [sys.executable, "-c", CODE, run, "--port", "0", "--name", "bow"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            line = process.stdout.readline()
            url = re.fullmatch(rf"{run}/saved_model: (http://127.0.0.1:\d+/v1/models/bow) \(.*\)\n", line)[1]
            assert fetch(url)["model_version_status"][0]["state"] == "AVAILABLE"
            request = {"signature_name": "answer", "instances": ["what?", "is it red"]}
            first, second = fetch(f"{url}:predict", request)["predictions"]
            assert set(first["answers"]) == set(second["answers"]) == set(tiny_dataset.answers.words)
            process.send_signal(request_to_end)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out) == (0, "Stopped\n")
    assert [line.split('"')[1] for line in err.splitlines()] == [
        "GET /v1/models/bow HTTP/1.1",
        "POST /v1/models/bow:predict HTTP/1.1",
    ]


def refused(capsys, *arguments):
    """The message of a command that ends in code 2."""
    assert main([str(argument) for argument in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err.removeprefix("error: ").rstrip()


def test_a_folder_without_a_saved_model_is_refused(tmp_path, capsys):
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert refused(capsys, folder) == f"{folder} holds no SavedModel"


def test_a_run_that_is_not_exported_is_told_how_to_be(tmp_path, capsys):
    (tmp_path / "model.keras").touch()
    message = f"{tmp_path} holds no SavedModel; make it by cocoqa-export {tmp_path}"
    assert refused(capsys, tmp_path) == message


def test_a_damaged_saved_model_is_refused(tmp_path, capsys):
    (tmp_path / "saved_model.pb").write_bytes(b"damaged")
    assert refused(capsys, tmp_path).startswith(f"{tmp_path}: not a SavedModel that can be loaded")


def test_a_port_in_use_is_refused(run, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert refused(capsys, run, "--port", port).startswith(f"cannot listen on 127.0.0.1:{port}: ")


def test_a_host_that_is_not_there_is_refused(run, capsys):
    assert refused(capsys, run, "--host", "host.invalid").startswith("cannot listen on host.invalid:8501: ")


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "é", "a b"])
def test_a_name_that_no_address_can_have_is_refused(run, name, capsys):
    assert "use letters, digits" in refused(capsys, run, "--name", name)


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none_is_refused(run, port, capsys):
    assert "--port" in refused(capsys, run, "--port", port)
