"""A SavedModel at work, at COCO-QA's size: megabytes on disk, time to the first answer, time of a question.

    python -m benchmarks.serving [--questions 300]

Each model, with its weights as drawn, is written by one process and served by a fresh one, which has imported
TensorFlow. Over HTTP, text is asked through one connection by a thread of the serving process; the requests
are written beforehand.
"""

import http.client
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from typer import Option

from benchmarks.full_size import ANSWERS, FEATURE_WIDTH, IMAGES, WORDS
from benchmarks.process import in_own_process

MODELS = ("img_bow", "vis_lstm", "2_vis_blstm")
WORDS_PER_QUESTION = 9
LARGEST = 40.0  # MB on disk, of img_bow
LATEST_FIRST_ANSWER = 3.0  # seconds
SLOWEST_ANSWER = 5.0  # milliseconds

_WARM_UP = 20


@dataclass(frozen=True)
class Measurement:
    """What serving a model takes.

    Attributes:
        first_answer: seconds from the folder on disk to the first answer.
        by_ids: median milliseconds of a question by the signature `serving_default`.
        by_text: those by the signature `answer`.
        over_http: those by the signature `answer` through the server.
    """

    first_answer: float
    by_ids: float
    by_text: float
    over_http: float


def write(model: str, folder: Path) -> float:
    """Writes the SavedModel of a model of the package, untrained.

    Returns:
        its size in megabytes.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from cocoqa_keras.data.vocabulary import UNKNOWN, Vocabulary
    from cocoqa_keras.export.saved_model import write_saved_model
    from cocoqa_keras.models.builder import build_model
    from cocoqa_keras.models.sizes import DatasetInfo
    from cocoqa_keras.models.zoo import find_model
    from cocoqa_keras.spec import load_spec

    statistic = np.ones(FEATURE_WIDTH, np.float32)
    info = DatasetInfo(WORDS, ANSWERS, 55, IMAGES, FEATURE_WIDTH, 0.5 * statistic, statistic)
    question_words = Vocabulary((*(f"word{number}" for number in range(1, WORDS)), UNKNOWN), first_id=1)
    answers = Vocabulary((*(f"answer{number}" for number in range(1, ANSWERS)), UNKNOWN), first_id=0)
    write_saved_model(folder, build_model(load_spec(find_model(model)), info), question_words, answers)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def measure(folder: Path, questions: int) -> Measurement:
    """Serves a SavedModel; to be called in a fresh process."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    random = np.random.default_rng(0)
    ids = random.integers(1, WORDS, (questions, WORDS_PER_QUESTION), np.int32)
    images = np.maximum(random.standard_normal((questions, FEATURE_WIDTH), np.float32) - 0.6, 0)
    texts = [" ".join(f"word{number}" for number in question) for question in ids]

    def answer(number: int) -> None:
        signatures["answer"](
            question=tf.constant(texts[number : number + 1]), image=tf.constant(images[number : number + 1])
        )["answers"].numpy()

    def probabilities(number: int) -> None:
        signatures["serving_default"](
            question=tf.constant(ids[number : number + 1]), image=tf.constant(images[number : number + 1])
        )["probabilities"].numpy()

    start = time.perf_counter()
    loaded = tf.saved_model.load(folder)
    signatures = loaded.signatures
    answer(0)
    first_answer = time.perf_counter() - start
    bodies = [
        json.dumps({"signature_name": "answer", "instances": [{"question": text, "image": image.tolist()}]})
        for text, image in zip(texts, images, strict=True)
    ]
    with http_client(folder) as post:
        return Measurement(
            first_answer,
            by_ids=_median_milliseconds(probabilities, questions),
            by_text=_median_milliseconds(answer, questions),
            over_http=_median_milliseconds(lambda number: post(bodies[number]), questions),
        )


@contextmanager
def http_client(folder: Path) -> Iterator[Callable[[str], bytes]]:
    """Serves a SavedModel, and yields a function from the body of a request to that of the reply."""
    from cocoqa_keras.export.server import ModelServer, ServedModel

    with ModelServer(ServedModel(folder, "cocoqa"), "127.0.0.1", 0) as server:
        server.RequestHandlerClass.log_message = lambda *_: None
        threading.Thread(target=server.serve_forever).start()
        connection = http.client.HTTPConnection(*server.server_address)

        def post(body: str) -> bytes:
            connection.request("POST", "/v1/models/cocoqa:predict", body)
            reply = connection.getresponse()
            if reply.status != HTTPStatus.OK:
                raise RuntimeError(reply.read())
            return reply.read()

        try:
            yield post
        finally:
            connection.close()
            server.shutdown()


def _median_milliseconds(work: Callable[[int], object], count: int) -> float:
    """Of `count` calls, after some that warm up."""
    for number in range(min(_WARM_UP, count)):
        work(number)
    times = []
    for number in range(count):
        start = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def main(
    questions: Annotated[int, Option(min=1, help="Questions asked each way; the median counts.")] = 300,
) -> None:
    """Measure how large a SavedModel is, how soon it answers, and how fast."""
    table = Table(title="One question at a time, full size", title_justify="left")
    for heading in ("model", "on disk", "first answer", "by ids", "by text", "over HTTP"):
        table.add_column(heading, justify="left" if heading == "model" else "right")

    def add_row(title: str, megabytes: float, seconds: float, *milliseconds: float) -> None:
        figures = (f"{figure:.2f} ms" for figure in milliseconds)
        table.add_row(title, f"{megabytes:.1f} MB", f"{seconds:.2f} s", *figures)

    with tempfile.TemporaryDirectory() as output:
        for model in MODELS:
            folder = Path(output) / model
            megabytes = in_own_process(write, model, folder)
            measured = in_own_process(measure, folder, questions)
            add_row(model, megabytes, *astuple(measured))
    table.add_section()
    add_row("bar", LARGEST, LATEST_FIRST_ANSWER, *3 * [SLOWEST_ANSWER])
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
