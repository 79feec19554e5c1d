"""cocoqa-predict: a trained model's answers to questions in words."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from cocoqa_keras.cli.command import command, run
from cocoqa_keras.cli.options import DataOfRun, FeaturesOfRun
from cocoqa_keras.cli.output import print_table
from cocoqa_keras.cli.run_folder import open_answerer
from cocoqa_keras.errors import InputError
from cocoqa_keras.tables import Table, printable

if TYPE_CHECKING:
    from cocoqa_keras.evaluation.answerer import Answerer

BATCH_SIZE = 1000


def predict(
    run_folder: Annotated[Path, Argument(metavar="RUN", help="Folder of a finished run.")],
    question: Annotated[str | None, Option(help="The question.")] = None,
    image: Annotated[
        str | None,
        Option(
            help="Image to ask about: its id in the encoded data (from 1), coco:ID (MS-COCO), or, with a "
            "model whose features tell what made them, a picture file."
        ),
    ] = None,
    data: DataOfRun = None,
    features: FeaturesOfRun = None,
    top_k: Annotated[int, Option(min=1, help="How many answers.")] = 5,
    json_: Annotated[bool, Option("--json", help="Print JSON instead of a table.")] = False,
    input_: Annotated[
        Path | None,
        Option(
            "--input",
            metavar="FILE.jsonl",
            help='Many questions, {"question": ..., "image": ...} a line; answers are printed likewise.',
        ),
    ] = None,
) -> None:
    """Answer a question about an image, or many.

    Try it: cocoqa-predict RUN --question "what is in the picture?" --image 1
    """
    if (question is None) == (input_ is None):
        raise InputError("give a --question, or many in --input FILE.jsonl; one of them")
    if input_ is not None and image is not None:
        raise InputError("--image goes with --question; each line of --input names its own image")
    answerer = open_answerer(run_folder, data, features)
    if input_ is not None:
        queries = _read_queries(input_, answerer)
        while batch := list(islice(queries, BATCH_SIZE)):
            for result in _answer(answerer, batch, top_k):
                print(json.dumps(result), flush=True)
        return
    query = {"question": question} if image is None else {"question": question, "image": image}
    (result,) = _answer(answerer, [query], top_k)
    if json_:
        print(json.dumps(result, indent=2))
    else:
        _print_table(result)


def _answer(answerer: "Answerer", queries: list[dict[str, Any]], top_k: int) -> Iterator[dict[str, Any]]:
    """The queries, each with the words that the model does not know and with its best answers."""
    questions = [query["question"] for query in queries]
    best = answerer.answer(questions, [query.get("image") for query in queries], top_k)
    for query, answers, scores in zip(queries, best.answers, best.scores.tolist(), strict=True):
        yield {
            **query,
            "unknown_words": answerer.unknown_words(query["question"]),
            "answers": [
                {"answer": answer, "score": score} for answer, score in zip(answers, scores, strict=True)
            ],
        }


def _read_queries(path: Path, answerer: "Answerer") -> Iterator[dict[str, Any]]:
    """The lines of a JSON-lines file, each checked; blank ones are skipped."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        yield _parse_query(line, answerer)
                    except InputError as error:
                        raise InputError(f"{path}, line {number}: {error}") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file of JSON lines") from error


def _parse_query(line: bytes, answerer: "Answerer") -> dict[str, Any]:
    try:
        query = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError('not JSON; write {"question": "...", "image": ...}') from error
    if not isinstance(query, dict) or not isinstance(query.get("question"), str):
        raise InputError('has no question in words; write {"question": "...", "image": ...}')
    image = query.get("image")
    if image is not None and type(image) not in (int, str):
        raise InputError('the image is neither a number nor text; write 1, "coco:9", or "picture.png"')
    answerer.check_image(image)
    return query


def _print_table(result: dict[str, Any]) -> None:
    table = Table(printable(result["question"]), (("answer", "left"), ("score", "right")))
    for entry in result["answers"]:
        table.add(entry["answer"], f"{entry['score']:.4f}")
    if result["unknown_words"]:
        table.note = printable(f"Words that the model does not know: {', '.join(result['unknown_words'])}")
    print_table(table)


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run(command(predict), argv)
