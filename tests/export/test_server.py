"""The REST API of TensorFlow Serving, asked as a client of it would."""

import base64
import contextlib
import http.client
import json
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef

from cocoqa_keras.errors import InputError
from cocoqa_keras.export import server as server_module
from cocoqa_keras.export.saved_model import write_saved_model
from cocoqa_keras.export.server import ModelServer, ServedModel
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.models.zoo import list_models

FEATURES = 3
WORDS = 20
ANSWERS = [b"caf\xc3\xa9", b"red", b"two"]


class Toy(tf.Module):
    """A model with the signatures of ours, whose outputs a reader can compute."""

    def __init__(self):
        super().__init__()
        self.words = tf.Variable(tf.range(WORDS, dtype=tf.float32))
        self.answers = tf.constant(ANSWERS)

    def scores(self, word_sum, image):
        return word_sum[:, None] + image

    @tf.function(
        input_signature=[tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None, FEATURES), tf.float32)]
    )
    def serving_default(self, question, image):
        """Each feature plus the sum of the word ids."""
        return {"probabilities": self.scores(tf.reduce_sum(tf.gather(self.words, question), 1), image)}

    @tf.function(
        input_signature=[tf.TensorSpec((None,), tf.string), tf.TensorSpec((None, FEATURES), tf.float32)]
    )
    def answer(self, question, image):
        """The answers, the best first; the score is the feature plus the bytes of the question."""
        lengths = tf.cast(tf.strings.length(question), tf.float32)
        top = tf.math.top_k(self.scores(lengths, image), 3)
        return {"answers": tf.gather(self.answers, top.indices), "scores": top.values}

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string)])
    def length(self, question):
        """A single input and a single output, as models without an image have."""
        return {"length": tf.strings.length(question)}

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.float32)])
    def twice(self, number):
        """What a number times two is."""
        return {"twice": 2 * number}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    toy = Toy()
    signatures = {name: getattr(toy, name) for name in ("serving_default", "answer", "length", "twice")}
    tf.saved_model.save(toy, folder, signatures=signatures)
    return folder


@pytest.fixture(scope="module")
def model(folder):
    return ServedModel(folder, "cocoqa")


@contextlib.contextmanager
def serving(model):
    """The address of a running server."""
    with ModelServer(model, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def address(model):
    with serving(model) as address:
        yield address


@pytest.fixture
def connection(address):
    connection = http.client.HTTPConnection(*address, timeout=10)
    yield connection
    connection.close()


def ask(connection, method, path, content=None, headers=None):
    """Status and content of a reply; content that is not bytes is sent as JSON."""
    body = content if content is None or isinstance(content, bytes) else json.dumps(content).encode()
    connection.request(method, path, body, headers or {})
    reply = connection.getresponse()
    assert reply.headers["Content-Type"] == "application/json"
    return reply.status, json.loads(reply.read())


def predict(connection, content):
    status, reply = ask(connection, "POST", "/v1/models/cocoqa:predict", content)
    assert status == 200, reply
    return reply


def refused(connection, content):
    """The message of a request that the server does not accept."""
    status, reply = ask(connection, "POST", "/v1/models/cocoqa:predict", content)
    assert (status, list(reply)) == (400, ["error"])
    assert len(reply["error"].splitlines()) == 1
    assert len(reply["error"]) < 200
    return reply["error"]


# What a client gets.


def test_status_is_that_of_an_available_version(connection):
    assert ask(connection, "GET", "/v1/models/cocoqa") == (
        200,
        {
            "model_version_status": [
                {
                    "version": "1",
                    "state": "AVAILABLE",
                    "status": {"error_code": "OK", "error_message": ""},
                }
            ]
        },
    )


def test_metadata_describe_the_signatures(connection):
    status, reply = ask(connection, "GET", "/v1/models/cocoqa/metadata")
    assert status == 200
    assert reply["model_spec"] == {"name": "cocoqa", "signature_name": "", "version": "1"}
    described = reply["metadata"]["signature_def"]["signature_def"]
    assert set(described) == {"serving_default", "answer", "length", "twice"}
    answer = ParseDict(described["answer"], SignatureDef())  # as a client of the protocol reads it
    assert answer.method_name == "tensorflow/serving/predict"
    assert answer.inputs["question"].dtype == tf.string.as_datatype_enum
    assert [dim.size for dim in answer.inputs["image"].tensor_shape.dim] == [-1, FEATURES]
    assert set(answer.outputs) == {"answers", "scores"}


def test_rows_go_in_and_come_out(connection):
    instances = [
        {"question": "what", "image": [0.5, 0.25, 0]},
        {"question": "is", "image": [0, 0, 1]},
    ]
    reply = predict(connection, {"signature_name": "answer", "instances": instances})
    assert reply == {
        "predictions": [
            {"answers": ["café", "red", "two"], "scores": [4.5, 4.25, 4]},
            {"answers": ["two", "café", "red"], "scores": [3, 2, 2]},
        ]
    }


def test_columns_go_in_and_come_out(connection):
    inputs = {"question": ["what", "is"], "image": [[0.5, 0.25, 0], [0, 0, 1]]}
    reply = predict(connection, {"signature_name": "answer", "inputs": inputs})
    assert reply == {
        "outputs": {
            "answers": [["café", "red", "two"], ["two", "café", "red"]],
            "scores": [[4.5, 4.25, 4], [3, 2, 2]],
        }
    }


def test_signature_is_the_default_one_and_its_only_output_needs_no_name(connection):
    reply = predict(connection, {"instances": [{"question": [1, 2, 0], "image": [0.5, 1, 2]}]})
    assert reply == {"predictions": [[3.5, 4, 5]]}
    reply = predict(connection, {"inputs": {"question": [[1, 2, 0]], "image": [[0.5, 1, 2]]}})
    assert reply == {"outputs": [[3.5, 4, 5]]}


@pytest.mark.parametrize("instances", [["cat", ""], [{"question": "cat"}, {"question": ""}]])
def test_the_only_input_needs_no_name(connection, instances):
    assert predict(connection, {"signature_name": "length", "instances": instances}) == {
        "predictions": [3, 0]
    }


@pytest.mark.parametrize("inputs", [["cat", ""], {"question": ["cat", ""]}])
def test_the_only_column_needs_no_name(connection, inputs):
    assert predict(connection, {"signature_name": "length", "inputs": inputs}) == {"outputs": [3, 0]}


@pytest.mark.parametrize("form", ["instances", "inputs"])
def test_text_may_come_in_base64(connection, form):
    encoded = {"b64": base64.b64encode("é?".encode()).decode()}
    (length,) = predict(connection, {"signature_name": "length", form: [encoded]}).values()
    assert length == [3]


def test_a_version_may_be_named(connection):
    assert ask(connection, "GET", "/v1/models/cocoqa/versions/1")[0] == 200
    path = "/v1/models/cocoqa/versions/1:predict"
    content = {"signature_name": "length", "instances": ["cat"]}
    assert ask(connection, "POST", path, content) == (200, {"predictions": [3]})


def test_numbers_that_json_does_not_know_are_passed_on(connection):
    body = b'{"signature_name": "twice", "inputs": [NaN, Infinity, -Infinity, 1e400]}'
    np.testing.assert_equal(
        predict(connection, body)["outputs"], [float("nan"), float("inf"), float("-inf"), float("inf")]
    )


def test_one_connection_serves_many_requests(connection):
    predict(connection, {"signature_name": "length", "instances": ["cat"]})
    socket = connection.sock
    predict(connection, {"signature_name": "length", "instances": ["horse"]})
    assert connection.sock is socket


def test_clients_at_the_same_time_get_their_own_answers(address):
    def ask_one(number):
        with contextlib.closing(http.client.HTTPConnection(*address, timeout=10)) as connection:
            return predict(connection, {"signature_name": "twice", "instances": [number]})

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(ask_one, range(100)))
    assert replies == [{"predictions": [2 * number]} for number in range(100)]


@given(
    numbers=st.lists(st.floats(width=32, allow_nan=False, allow_subnormal=False), min_size=1),
    form=st.sampled_from(["instances", "inputs"]),
)
def test_numbers_arrive_as_they_are(model, numbers, form):
    request = json.loads(json.dumps({"signature_name": "twice", form: numbers}))
    (outputs,) = json.loads(json.dumps(model.predict(request))).values()
    with np.errstate(over="ignore"):
        expected = 2 * np.array(numbers, np.float32)
    np.testing.assert_array_equal(np.array(outputs, np.float32), expected)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(
    signature=st.sampled_from(["serving_default", "answer", "length"]),
    form=st.sampled_from(["instances", "inputs"]),
    content=st.lists(st.fixed_dictionaries({"question": ANYTHING, "image": ANYTHING}))
    | st.fixed_dictionaries({"question": ANYTHING, "image": ANYTHING})
    | ANYTHING,
)
def test_any_content_is_answered_or_refused_in_one_line(model, signature, form, content):
    try:
        json.dumps(model.predict({"signature_name": signature, form: content}))
    except InputError as error:
        assert len(str(error).splitlines()) == 1
        assert len(str(error)) < 200


# What a client has got wrong.

ROW = {"question": "what", "image": [0, 0, 0]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not valid JSON"),
        (b'{"instances": [', "not valid JSON"),
        (b"\xff", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        ([1, 2], "either 'instances' or 'inputs'"),
        ({}, "either 'instances' or 'inputs'"),
        ({"instances": [ROW], "inputs": ROW}, "either 'instances' or 'inputs'"),
        (
            {"signature_name": "anwser", "instances": [ROW]},
            "no signature 'anwser'; there are: answer, length",
        ),
        ({"signature_name": ["answer"], "instances": [ROW]}, "no signature ['answer']"),
        ({"signature_name": "answer", "instances": ROW}, "expected a list of at least one instance"),
        ({"signature_name": "answer", "instances": []}, "expected a list of at least one instance"),
        (
            {"signature_name": "answer", "instances": [ROW, {"question": "what"}]},
            "instance 1: expected an object with the inputs image, question",
        ),
        (
            {"signature_name": "answer", "instances": [{**ROW, "picture": 1}]},
            "instance 0: expected an object with the inputs image, question",
        ),
        ({"signature_name": "answer", "instances": ["what"]}, "instance 0: expected an object"),
        (
            {"signature_name": "answer", "inputs": ["what"]},
            "expected an object with the inputs image, question",
        ),
        ({"inputs": {"question": [[1.5]], "image": [[0, 0, 0]]}}, "input 'question': expected int32"),
        ({"inputs": {"question": [["what"]], "image": [[0, 0, 0]]}}, "input 'question': expected int32"),
        ({"inputs": {"question": [[1], [1, 2]], "image": [[0, 0, 0]] * 2}}, "in lists of equal length"),
        ({"inputs": {"question": [[2**40]], "image": [[0, 0, 0]]}}, "got an integer out of its range"),
        ({"inputs": {"question": [[10**400]], "image": [[0, 0, 0]]}}, "input 'question': expected int32"),
        (
            {"inputs": {"question": [[1]], "image": [[0, 0]]}},
            "input 'image': expected the shape (None, 3), got (1, 2)",
        ),
        (
            {"inputs": {"question": [1], "image": [[0, 0, 0]]}},
            "input 'question': expected the shape (None, None), got (1,)",
        ),
        (
            {"inputs": {"question": [[1], [2]], "image": [[0, 0, 0]] * 3}},
            "the model cannot take these inputs: Incompatible shapes: [2,1] vs. [3,3]",
        ),
        ({"inputs": {"question": [[WORDS]], "image": [[0, 0, 0]]}}, "indices[0,0] = 20 is not in [0, 20)"),
        ({"signature_name": "length", "instances": [5]}, "input 'question': expected string"),
        ({"signature_name": "length", "instances": ["\ud800"]}, "input 'question': expected string"),
        ({"signature_name": "length", "instances": [{"b64": "é"}]}, "'b64': expected text in base64"),
        ({"signature_name": "length", "instances": [{"b64": 5}]}, "'b64': expected text in base64"),
    ],
)
def test_a_mistake_is_named_in_one_line(connection, content, message):
    assert message in refused(connection, content)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v1/models/"),
        ("GET", "/v1/models/other"),
        ("GET", "/v1/models/cocoqa/versions/2"),
        ("GET", "/v1/models/cocoqa:predict"),
        ("POST", "/v1/models/other:predict"),
        ("POST", "/v1/models/cocoqa"),
        ("POST", "/v1/models/cocoqa:classify"),
        ("POST", "/v1/models/cocoqa/metadata"),
    ],
)
def test_an_address_that_is_not_there_is_not_found(connection, method, path):
    status, reply = ask(connection, method, path, b"{}" if method == "POST" else None)
    assert status == 404
    assert path in reply["error"]


def test_an_unknown_method_is_refused(connection):
    status, reply = ask(connection, "PUT", "/v1/models/cocoqa", {})
    assert status == 501
    assert "PUT" in reply["error"]


def test_a_page_in_a_browser_is_not_answered(connection):
    content = {"signature_name": "length", "instances": ["cat"]}
    status, reply = ask(connection, "POST", "/v1/models/cocoqa:predict", content, {"Origin": "http://x.org"})
    assert (status, list(reply)) == (403, ["error"])


@pytest.mark.parametrize("depth", [255, 900])
@pytest.mark.parametrize("before", ["", "1, "])
@pytest.mark.parametrize("signature", ["serving_default", "length"])
def test_lists_deeper_than_a_tensor_can_be_are_refused(connection, signature, before, depth):
    values = json.loads(f"[{before}" + "[" * depth + "1" + "]" * depth + "]")
    content = values if signature == "length" else [{"question": values, "image": [0, 0, 0]}]
    assert "lists" in refused(connection, {"signature_name": signature, "instances": content})


def test_the_next_request_is_answered_after_a_mistake(connection):
    refused(connection, b"{")
    assert predict(connection, {"signature_name": "length", "instances": ["cat"]}) == {"predictions": [3]}


def test_a_request_may_be_as_large_as_the_limit_and_no_larger(connection, monkeypatch):
    content = json.dumps({"signature_name": "length", "instances": ["cat" * 1000]}).encode()
    monkeypatch.setattr(server_module, "LARGEST_REQUEST", len(content))
    assert predict(connection, content) == {"predictions": [3000]}
    status, reply = ask(connection, "POST", "/v1/models/cocoqa:predict", content + b" ")
    assert (status, reply) == (413, {"error": f"a request may have {len(content)} bytes at most"})


def test_a_request_without_length_is_refused(address):
    with contextlib.closing(http.client.HTTPConnection(*address, timeout=10)) as connection:
        connection.putrequest("POST", "/v1/models/cocoqa:predict")
        connection.endheaders()
        reply = connection.getresponse()
        assert (reply.status, json.loads(reply.read())) == (411, {"error": "Length Required"})


def status_of(address, method, headers):
    """The status of the reply to these headers, which may promise content that never comes."""
    with contextlib.closing(http.client.HTTPConnection(*address, timeout=10)) as connection:
        connection.putrequest(method, f"/v1/models/cocoqa{':predict' * (method == 'POST')}", skip_host=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status


def test_a_length_of_thousands_of_digits_is_refused_at_once(address):
    assert status_of(address, "POST", {"Content-Length": "9" * 5000}) == 413


def test_a_request_in_chunks_is_refused_whatever_its_length_says(address):
    assert status_of(address, "POST", {"Content-Length": "5", "Transfer-Encoding": "chunked"}) == 411


@pytest.mark.parametrize("host", ["localhost", "LocalHost:8501", "127.0.0.1:80", "[::1]:8501", None])
def test_the_names_of_this_machine_are_answered(address, host):
    assert status_of(address, "GET", {} if host is None else {"Host": host}) == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "localhost.evil.example", "", "[::2]"])
def test_a_page_whose_name_leads_to_this_machine_is_not_answered(address, host):
    assert status_of(address, "GET", {"Host": host}) == 403


def test_a_server_listens_at_addresses_of_version_6(model):
    try:
        server = ModelServer(model, "::1", 0)
    except InputError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert server.url.startswith("http://[::1]:")
        with urllib.request.urlopen(server.url, timeout=30) as reply:
            assert json.load(reply) == model.status()
        thread.join()


def test_a_server_that_others_reach_has_any_name(model):
    with ModelServer(model, "0.0.0.0", 0) as server:
        assert server.is_called("pictures.example:8501")


def test_a_fault_of_the_server_is_told_without_its_traceback(model, monkeypatch, capfd):
    def broken():
        raise RuntimeError("a bug")

    monkeypatch.setattr(model, "status", broken)
    with serving(model) as address, contextlib.closing(http.client.HTTPConnection(*address)) as connection:
        assert ask(connection, "GET", "/v1/models/cocoqa") == (500, {"error": "Internal Server Error"})
    assert "RuntimeError: a bug" in capfd.readouterr().err


def test_a_request_in_flight_is_answered_when_the_server_is_closed(model, monkeypatch):
    begun, status = threading.Event(), model.status

    def slow():
        begun.set()
        time.sleep(0.3)
        return status()

    monkeypatch.setattr(model, "status", slow)
    server = ModelServer(model, "127.0.0.1", 0)
    serving_ = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving_.start()
    with contextlib.closing(http.client.HTTPConnection(*server.server_address)) as connection:
        connection.request("GET", "/v1/models/cocoqa")
        assert begun.wait(10)
        server.shutdown()
        server.server_close()  # a process may end now
        connection.sock.setblocking(False)
        assert connection.sock.recv(15) == b"HTTP/1.1 200 OK"
    serving_.join()


def test_an_address_in_use_is_refused(model, address):
    host, port = address
    with pytest.raises(InputError, match=rf"cannot listen on 127.0.0.1:{port}: .*; choose another"):
        ModelServer(model, host, port)


def test_what_is_no_saved_model_is_refused(tmp_path):
    for content in (None, b"", b"damaged"):
        if content is not None:
            (tmp_path / "saved_model.pb").write_bytes(content)
        with pytest.raises(InputError, match=f"^{tmp_path}: not a SavedModel that can be loaded") as caught:
            ServedModel(tmp_path, "cocoqa")
        assert len(str(caught.value).splitlines()) == 1


# Our own models.


@pytest.fixture(scope="module", params=list_models())
def ours(request, tiny_spec, tiny_dataset, tiny_features, tmp_path_factory):
    """A model of the package, untrained, and how it is served."""
    network = build_model(tiny_spec(request.param), DatasetInfo.of(tiny_dataset, tiny_features))
    folder = tmp_path_factory.mktemp("ours") / "saved_model"
    write_saved_model(folder, network, tiny_dataset.question_words, tiny_dataset.answers)
    return network, ServedModel(folder, request.param)


def inputs_of(network, questions):
    """The inputs that a model takes, as a client writes them: questions, and an image for each."""
    images = np.random.RandomState(0).uniform(size=(len(questions), 10)).astype(np.float32).tolist()
    inputs = {"question": questions, "image": images}
    return {name: values for name, values in inputs.items() if name in network.input}


def test_probabilities_of_our_models_are_their_own(ours):
    network, served = ours
    inputs = inputs_of(network, [[1, 2, 3, 0], [9, 0, 0, 0], [0, 0, 0, 0]])
    expected = network({name: tf.constant(values) for name, values in inputs.items()})
    np.testing.assert_allclose(served.predict({"inputs": inputs})["outputs"], expected, atol=1e-6)


def test_answers_of_our_models_are_those_of_their_ids(ours, tiny_dataset):
    network, served = ours
    (scores,) = served.predict({"inputs": inputs_of(network, [[1, 2, 9]])})["outputs"]
    inputs = inputs_of(network, ["A b unheard?"])
    instances = [{name: values[0] for name, values in inputs.items()}]
    (best,) = served.predict({"signature_name": "answer", "instances": instances})["predictions"]
    order = np.argsort(scores)[::-1]
    assert best["answers"] == tiny_dataset.answers.decode(order.tolist())
    np.testing.assert_allclose(best["scores"], np.array(scores)[order], atol=1e-6)


def test_mistakes_with_our_models_are_named(ours):
    network, served = ours
    inputs = inputs_of(network, [[10]])
    if "question" in inputs:
        with pytest.raises(InputError, match=r"the model cannot take these inputs: .* is not in \[0, 9\)$"):
            served.predict({"inputs": inputs})
    if "image" in inputs:
        with pytest.raises(InputError, match=r"input 'image': expected the shape \(None, 10\), got \(1, 1\)"):
            served.predict({"inputs": {**inputs, "image": [[1.0]]}})
    if len(inputs) == 2:
        with pytest.raises(InputError, match=r"the model cannot take these inputs: \S.*$"):
            served.predict({"inputs": {**inputs, "question": [[1], [2]]}})
