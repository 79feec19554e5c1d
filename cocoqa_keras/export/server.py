"""A small HTTP server of a SavedModel, with the REST API of TensorFlow Serving.

It is for trying a model out and for small services: one process, a thread a connection, no encryption. A
client written for it works with TensorFlow Serving, which loads the same folder.
"""

import base64
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.json_format import MessageToDict
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from cocoqa_keras.errors import InputError
from cocoqa_keras.export.loading import load_saved_model
from cocoqa_keras.listening import ANY_NAME, address_of, listen, names_of

VERSION = "1"
DEFAULT_SIGNATURE = "serving_default"
LARGEST_REQUEST = 64 * 2**20  # bytes: about 1000 questions, each with 4096 features, in decimal digits
BASE64_KEY = "b64"

_BLOCK = 2**20
_LAST_SECONDS = 5.0  # for the requests in flight when the server is closed
_MOST_DIGITS = 12  # of a length that is taken for one: Python refuses to read numbers of thousands
_MAX_RANK = 254  # of a tensor: TensorFlow ends the process beyond
_PATH = re.compile(
    r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>\d+))?(?P<action>:predict|/metadata)?"
)


class ServedModel:
    """A SavedModel that answers requests as TensorFlow Serving does.

    Needs TensorFlow only: nothing of the program that made the model. A SavedModel is a program; load only
    those that you trust.

    Args:
        folder: the SavedModel.
        name: its name in the addresses, and in what it says of itself.

    Raises:
        InputError: the folder holds no SavedModel, or a damaged one.

    Reference: TensorFlow Serving, "RESTful API".
    """

    def __init__(self, folder: str | Path, name: str) -> None:
        self.name = name
        self._model = load_saved_model(folder)
        content = SavedModel.FromString((Path(folder) / "saved_model.pb").read_bytes())
        self._descriptions = content.meta_graphs[0].signature_def

    def status(self) -> dict[str, Any]:
        """The reply to `GET /v1/models/NAME`: the one version, available."""
        status = {"error_code": "OK", "error_message": ""}
        return {"model_version_status": [{"version": VERSION, "state": "AVAILABLE", "status": status}]}

    def metadata(self) -> dict[str, Any]:
        """The reply to `GET /v1/models/NAME/metadata`: names, types and shapes of the signatures."""
        signatures = {
            name: MessageToDict(self._descriptions[name], preserving_proto_field_name=True)
            for name in self._model.signatures
        }
        return {
            "model_spec": {"name": self.name, "signature_name": "", "version": VERSION},
            "metadata": {"signature_def": {"signature_def": signatures}},
        }

    def predict(self, request: Any) -> dict[str, Any]:
        """The reply to `POST /v1/models/NAME:predict`.

        Args:
            request: an object with the inputs by row, `instances`, or by column, `inputs`, and possibly with
                `signature_name`. A string may be written `{"b64": ...}`.

        Returns:
            `predictions`, an entry an instance, or `outputs`, an entry an output. The name is left out where
            there is a single output.

        Raises:
            InputError: the request is not of this form, or does not fit the signature.
        """
        if not isinstance(request, dict) or ("instances" in request) == ("inputs" in request):
            raise InputError("expected an object with either 'instances' or 'inputs'")
        function = self._signature(request.get("signature_name", DEFAULT_SIGNATURE))
        _, specs = function.structured_input_signature
        if "inputs" in request:
            columns = _named(request["inputs"], set(specs))
            return {"outputs": _without_single_name(_run(function, columns))}
        columns = _columns(request["instances"], set(specs))
        outputs = _run(function, columns)
        rows = [dict(zip(outputs, row, strict=True)) for row in zip(*outputs.values(), strict=True)]
        return {"predictions": [_without_single_name(row) for row in rows]}

    def _signature(self, name: Any) -> Callable[..., dict[str, tf.Tensor]]:
        signatures = self._model.signatures
        if not isinstance(name, str) or name not in signatures:
            raise InputError(f"no signature {name!r:.40}; there are: {', '.join(sorted(signatures))}")
        return signatures[name]


def _columns(instances: Any, names: set[str]) -> dict[str, Any]:
    """The values of each input, from the inputs of each instance."""
    if not isinstance(instances, list) or not instances:
        raise InputError("'instances': expected a list of at least one instance")
    rows = []
    for number, instance in enumerate(instances):
        try:
            rows.append(_named(instance, names))
        except InputError as error:
            raise InputError(f"instance {number}: {error}") from error
    return {name: [row[name] for row in rows] for name in names}


def _named(values: Any, names: set[str]) -> dict[str, Any]:
    """Values by name of their input; the name may be left out where there is a single input."""
    if not isinstance(values, dict) or set(values) == {BASE64_KEY}:
        values = dict.fromkeys(names, values) if len(names) == 1 else {}
    if set(values) != names:
        raise InputError(f"expected an object with the inputs {', '.join(sorted(names))}")
    return values


def _without_single_name(outputs: dict[str, Any]) -> Any:
    return next(iter(outputs.values())) if len(outputs) == 1 else outputs


def _run(function: Callable[..., dict[str, tf.Tensor]], columns: dict[str, Any]) -> dict[str, Any]:
    """The outputs of a signature as lists."""
    _, specs = function.structured_input_signature
    tensors = {name: _tensor(name, values, specs[name]) for name, values in columns.items()}
    try:
        outputs = function(**tensors)
    except tf.errors.InvalidArgumentError as error:
        raise InputError(f"the model cannot take these inputs: {_reason(error)}") from error
    return {name: _lists(tensor.numpy()) for name, tensor in outputs.items()}


def _reason(error: tf.errors.OpError) -> str:
    """What is wrong, of a message that goes on about where in the graph it is."""
    text, _, _ = error.message.partition("\n\t [[")
    _, _, line = text.rpartition("\n")
    return re.sub(r"\{\{.*?\}\}", "", line).strip()


def _tensor(name: str, values: Any, spec: tf.TensorSpec) -> tf.Tensor:
    """Nested lists as a tensor that an input takes."""
    if _depth(values) > _MAX_RANK:
        raise InputError(f"input '{name}': expected {spec.dtype.name}, in fewer lists within lists")
    try:
        if spec.dtype == tf.string:
            values = _decoded(values)
        # TensorFlow cuts integers that are too large for 32 bits without a word.
        tensor = tf.constant(values, tf.int64 if spec.dtype.is_integer else spec.dtype)
    except InputError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"input '{name}': expected {spec.dtype.name}, in lists of equal length") from error
    if not spec.shape.is_compatible_with(tensor.shape):
        raise InputError(f"input '{name}': expected the shape {spec.shape}, got {tensor.shape}")
    cast = tf.cast(tensor, spec.dtype)
    if spec.dtype.is_integer and not np.array_equal(cast, tensor):
        raise InputError(f"input '{name}': expected {spec.dtype.name}, got an integer out of its range")
    return cast


def _depth(values: Any) -> int:
    """How many lists are around the first value, which tells TensorFlow the rank."""
    depth = 0
    while isinstance(values, list) and values:
        values, depth = values[0], depth + 1
    return depth


def _decoded(values: Any) -> Any:
    """Nested lists with their `{"b64": ...}` as bytes."""
    if isinstance(values, list):
        return [_decoded(value) for value in values]
    if isinstance(values, dict) and set(values) == {BASE64_KEY}:
        try:
            return base64.b64decode(values[BASE64_KEY], validate=True)
        except (TypeError, ValueError) as error:
            raise InputError(f"'{BASE64_KEY}': expected text in base64") from error
    return values


def _lists(array: np.ndarray) -> Any:
    if array.dtype == object:  # how TensorFlow gives strings
        array = np.char.decode(array.astype(bytes), "utf-8", "replace")
    return array.tolist()


class ModelServer(ThreadingHTTPServer):
    """Serves a model until it is stopped: `with ModelServer(...) as server: server.serve_forever()`.

    Pages in a browser are not answered, nor a client that calls the server by a name that is not its own, see
    `names_of`.

    When it is closed, requests in flight are answered, as far as that takes no longer than five seconds.

    Args:
        model: the model.
        host: address to listen on; 127.0.0.1 is reached from this machine only.
        port: port to listen on; 0 takes a free one.

    Raises:
        InputError: the address cannot be listened on.
    """

    def __init__(self, model: ServedModel, host: str, port: int) -> None:
        self.model = model
        self._in_flight = 0
        self._changed = threading.Condition()
        listener = listen(host, port)
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()  # it is of version 4
        self.socket = listener
        self._names = names_of(listener, host)

    def is_called(self, name: str) -> bool:
        """Whether the server answers to a name, which may have a port behind it."""
        return ANY_NAME in self._names or re.sub(r":\d*$", "", name).lower() in self._names

    @property
    def url(self) -> str:
        """Address of the model."""
        return f"{address_of(self.socket)}v1/models/{self.model.name}"

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Counts what is inside among the requests that are being answered."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def server_close(self) -> None:
        """Takes no more connections, and lets requests in flight be answered."""
        super().server_close()
        with self._changed:
            self._changed.wait_for(lambda: self._in_flight == 0, _LAST_SECONDS)

    def _count(self, change: int) -> None:
        with self._changed:
            self._in_flight += change
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keeps silent about clients that hang up; reports anything else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests of a connection."""

    server: ModelServer
    protocol_version = "HTTP/1.1"  # a connection serves many requests
    server_version = "cocoqa_keras"
    sys_version = ""
    disable_nagle_algorithm = True  # it would hold a reply's second packet back for 40 ms
    timeout = 60  # seconds that a client may keep silent

    def do_GET(self) -> None:
        """What the model is."""
        model = self.server.model
        with self.server.in_flight():
            self._answer({None: model.status, "/metadata": model.metadata})

    def do_POST(self) -> None:
        """What the model predicts."""
        with self.server.in_flight():
            self._predict()

    def _predict(self) -> None:
        length = self.headers["Content-Length"] or ""
        if not length.isdecimal() or "Transfer-Encoding" in self.headers:  # in chunks, the length is not told
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
        elif len(length) > _MOST_DIGITS or int(length) > LARGEST_REQUEST:
            self._refuse_length(length)
        else:
            body = self.rfile.read(int(length))
            self._answer({":predict": lambda: self.server.model.predict(_parse(body))})

    def _answer(self, actions: dict[str | None, Callable[[], dict[str, Any]]]) -> None:
        """Replies with the result of the action that the path names."""
        if "Origin" in self.headers:  # of any site, and the model is not for these
            return self.send_error(HTTPStatus.FORBIDDEN, "pages in a browser are not answered")
        host = self.headers["Host"]
        if host is not None and not self.server.is_called(host):
            return self.send_error(HTTPStatus.FORBIDDEN, f"{host!r:.80} is no name of this server")
        model = self.server.model
        found = _PATH.fullmatch(self.path.partition("?")[0])
        if not found or found["action"] not in actions:
            return self.send_error(HTTPStatus.NOT_FOUND, f"no {self.command} {self.path:.80}")
        if found["name"] != model.name or found["version"] not in (None, VERSION):
            return self.send_error(
                HTTPStatus.NOT_FOUND, f"no model {self.path:.80}; there is {model.name}, version {VERSION}"
            )
        try:
            reply = actions[found["action"]]()
        except InputError as error:
            return self.send_error(HTTPStatus.BAD_REQUEST, str(error))
        except Exception:
            self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)
            raise  # for the server's log
        return self._reply(HTTPStatus.OK, reply)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Replies with an error, and closes the connection: a part of the request may be unread."""
        self._reply(code, {"error": message or HTTPStatus(code).phrase})

    def _reply(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status != HTTPStatus.OK:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _refuse_length(self, digits: str) -> None:
        if len(digits) <= _MOST_DIGITS:  # nobody sends more to the end
            self._discard(int(digits))
        message = f"a request may have {LARGEST_REQUEST} bytes at most"
        self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)

    def _discard(self, length: int) -> None:
        """Reads what a client sends: it looks for the reply only when it is done."""
        while length > 0 and (block := self.rfile.read(min(length, _BLOCK))):
            length -= len(block)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not valid JSON: {error!s:.80}") from error
