"""Questions in JSON lines, `{"question": ..., "image": ...}`, and their answers likewise."""

import json
import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.answerer import Answerer
from cocoqa_keras.evaluation.predictions import check_scores
from cocoqa_keras.evaluation.question_blocks import MAX_LINE_BYTES, Block

BATCH_SIZE = 1000

Query = dict[str, Any]
"""`question`, `image` where the model takes one, and whatever else its author wants to find again."""


def answer_block(block: Block, answerer: Answerer, top_k: int) -> Iterator[dict[str, Any]]:
    """The questions of a block with their answers, see `answer_queries`; never more than a batch in memory.

    Raises:
        InputError: the file cannot be read, a line is not as it should be, or a score is not finite.
    """
    queries = read_queries(block, answerer)
    while batch := list(islice(queries, BATCH_SIZE)):
        yield from answer_queries(batch, answerer, top_k)


def answer_queries(queries: Sequence[Query], answerer: Answerer, top_k: int) -> Iterator[dict[str, Any]]:
    """The queries, each with the words that the model does not know and with its best answers.

    Args:
        queries: as `read_queries` yields them.
        answerer: the model.
        top_k: how many answers.

    Yields:
        the fields of the query, `unknown_words`, and `answers`: each with `answer` and `score`.

    Raises:
        InputError: an image cannot be read, or a score is not finite.
    """
    questions = [query["question"] for query in queries]
    best = answerer.answer(questions, [query.get("image") for query in queries], top_k)
    for query, answers, scores in zip(queries, best.answers, best.scores.tolist(), strict=True):
        check_scores(query["question"], scores)
        yield {
            **query,
            "unknown_words": answerer.unknown_words(query["question"]),
            "answers": [
                {"answer": answer, "score": score} for answer, score in zip(answers, scores, strict=True)
            ],
        }


def read_queries(block: Block, answerer: Answerer) -> Iterator[Query]:
    """The lines of a block, each checked; blank ones are skipped.

    Raises:
        InputError: the file cannot be read, or a line is not as it should be.
    """
    for index, line in enumerate(block.lines(), 1):
        if line.strip():
            try:
                yield _parse(line, answerer)
            except InputError as error:
                number = block.lines_before() + index
                raise InputError(f"{block.file.place}, line {number}: {error}") from error


def _parse(line: bytes, answerer: Answerer) -> Query:
    if len(line) > MAX_LINE_BYTES:
        raise InputError(f"is longer than {MAX_LINE_BYTES} bytes; this is no list of questions")
    try:
        query = json.loads(line, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise InputError('not JSON; write {"question": "...", "image": ...}') from error
    if not isinstance(query, dict) or not isinstance(query.get("question"), str):
        raise InputError('has no question in words; write {"question": "...", "image": ...}')
    image = query.get("image")
    if image is not None and type(image) not in (int, str):
        raise InputError('the image is neither a number nor text; write 1, "coco:9", or "picture.png"')
    answerer.check_image(image)
    return query


def _finite(text: str) -> float:
    """A number of JSON, which has neither NaN nor infinity, though Python reads and writes them."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
