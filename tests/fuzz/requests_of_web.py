"""What comes to the two servers over HTTP, given to them as a client would."""

import atexit
import http.client
import json
import threading
from functools import cache, lru_cache
from types import SimpleNamespace

import folders
from starlette.testclient import TestClient

from cocoqa_keras.demo_page.app import create_app
from cocoqa_keras.demo_page.demonstrated_run import DemonstratedRun
from cocoqa_keras.demo_page.questioner import Reply, ScoredAnswer
from cocoqa_keras.errors import InputError
from cocoqa_keras.export.server import ModelServer, ServedModel
from cocoqa_keras.training.run_files import read_summary

BOUNDARY = "XX"  # between the parts of a form


def ask_served_model(path):
    """Posts a file to `cocoqa-serve`; a refusal is its message."""
    connection = http.client.HTTPConnection(*_served_model(), timeout=20)
    connection.request("POST", "/v1/models/it:predict", path.read_bytes())
    with connection.getresponse() as response:
        status, content = response.status, json.loads(response.read())
    connection.close()
    if status != 200:
        assert status == 400, content
        raise InputError(content["error"])


@cache
def _served_model():
    server = ModelServer(ServedModel(folders.run() / "saved_model", "it"), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    atexit.register(server.server_close)
    atexit.register(server.shutdown)  # the last to be registered is the first to be called
    return server.server_address


def send_form(path):
    """Posts a file as the form of `cocoqa-demo` with a picture of one's own."""
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    response = _demo_page(None).post("/own", content=path.read_bytes(), headers=headers)
    if response.status_code != 200:
        assert 400 <= response.status_code < 500, response.text
        raise InputError(f"refused with status {response.status_code}")


def open_page(folder):
    """Opens the page of `cocoqa-demo`, where it tells what a run is worth."""
    response = _demo_page(read_summary(folder).test.get("rate")).get("/")
    assert response.status_code == 200, response.text


@lru_cache(10)  # of the rates that a long fuzzing meets
def _demo_page(test_rate):
    """The page of a model that has the same answer to everything."""
    questioner = SimpleNamespace(ask=lambda question, image: Reply([ScoredAnswer("cat", 1.0)], []))
    images = SimpleNamespace(takes_pictures=True, features_of=lambda picture: None)
    run = DemonstratedRun("it", "it", test_rate, questioner, images)
    return TestClient(create_app(run, ["testserver"]))
