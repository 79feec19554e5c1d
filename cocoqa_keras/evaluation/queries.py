"""Questions in JSON lines, `{"question": ..., "image": ...}`, and their answers likewise."""

import json
import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from cocoqa_keras.data.vocabulary import tokenize
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.answerer import Answerer
from cocoqa_keras.evaluation.predictions import check_scores
from cocoqa_keras.evaluation.question_blocks import MAX_LINE_BYTES, Block
from cocoqa_keras.spec.schema import shown
from cocoqa_keras.suggestion import nearest

BATCH_SIZE = 1000
_ADDED_FIELDS = ("answers", "unknown_words")
_LONGEST_NAME = 200  # characters of an image that a message has in full

Query = dict[str, Any]
"""`question`, `image` where the model takes one, and whatever else its author wants to find again; neither
`answers` nor `unknown_words`, which are added."""


def answer_block(block: Block, answerer: Answerer, top_k: int) -> Iterator[dict[str, Any]]:
    """The questions of a block with their answers, see `answer_queries`; never more than a batch in memory.

    Raises:
        InputError: the file cannot be read, a line is not as it should be, or a score is not finite.
    """
    queries = _numbered_queries(block, answerer)
    while batch := list(islice(queries, BATCH_SIZE)):
        try:
            yield from answer_queries([query for _, query in batch], answerer, top_k)
        except InputError:
            _check_each(block, batch, answerer)
            raise


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
    return (query for _, query in _numbered_queries(block, answerer))


def _numbered_queries(block: Block, answerer: Answerer) -> Iterator[tuple[int, Query]]:
    """As `read_queries`, with the line of the block, from 1."""
    for index, line in enumerate(block.lines(), 1):
        if line.strip():
            try:
                yield index, _parse(line, answerer)
            except InputError as error:
                raise _at_line(block, index, str(error)) from error


def _check_each(block: Block, batch: Sequence[tuple[int, Query]], answerer: Answerer) -> None:
    """Answers the queries of a batch one by one, to find the line of the one that fails."""
    for index, query in batch:
        try:
            list(answer_queries([query], answerer, top_k=1))
        except InputError as error:
            raise _at_line(block, index, _abridged(str(error), query.get("image"))) from error


def _at_line(block: Block, index: int, message: str) -> InputError:
    return InputError(f"{block.file.place}, line {block.lines_before() + index}: {message}")


def _abridged(message: str, image: int | str | None) -> str:
    """A message with the name of the image cut short where it is long."""
    name = str(image)
    return message.replace(name, shown(name)) if len(name) > _LONGEST_NAME else message


def _parse(line: bytes, answerer: Answerer) -> Query:
    if len(line) > MAX_LINE_BYTES:
        raise InputError(f"is longer than {MAX_LINE_BYTES} bytes; this is no list of questions")
    try:
        query = json.loads(line, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise InputError('not JSON; write {"question": "...", "image": ...}') from error
    if not isinstance(query, dict) or not isinstance(query.get("question"), str):
        meant = "" if not isinstance(query, dict) else _misspelt("question", query)
        raise InputError(f'has no question in words{meant}; write {{"question": "...", "image": ...}}')
    if not tokenize(query["question"]):
        raise InputError("field 'question': has no words; write a question there, or take the line out")
    for name in _ADDED_FIELDS:
        if name in query:
            raise InputError(
                f"has a field {name!r}, which the answer would replace; rename it or leave it out"
            )
    image = query.get("image")
    if image is None and answerer.takes_image:
        meant = _misspelt("image", query)
        raise InputError(f"no field 'image' that names one{meant}, and the model answers about an image")
    if image is not None and type(image) not in (int, str):
        raise InputError('the image is neither a number nor text; write 1, "coco:9", or "picture.png"')
    try:
        answerer.check_image(image)
    except InputError as error:
        raise InputError(_abridged(str(error), image)) from error
    return query


def _misspelt(name: str, query: Query) -> str:
    """A question whether another field is meant to be the one of this name, if it may be."""
    near = nearest(name, (field for field in query if field not in ("question", "image")))
    return "" if near is None else f" (is it meant by '{near[:_LONGEST_NAME]}'?)"


def _finite(text: str) -> float:
    """A number of JSON, which has neither NaN nor infinity, though Python reads and writes them."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
