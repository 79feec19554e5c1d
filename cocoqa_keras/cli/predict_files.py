"""Files of questions, and where their answers go: the part of cocoqa-predict that answers many."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cocoqa_keras.cli.output import print_line
from cocoqa_keras.errors import InputError

if TYPE_CHECKING:
    from cocoqa_keras.evaluation.answerer import Answerer
    from cocoqa_keras.evaluation.image_source import ImageSource
    from cocoqa_keras.evaluation.question_blocks import Block
    from cocoqa_keras.evaluation.shard import Shard


class Questions(NamedTuple):
    """Questions to answer.

    Attributes:
        blocks: all of them, whoever answers them.
        shard: the share to answer here.
    """

    blocks: "list[Block]"
    shard: "Shard"


def open_questions(pattern: str, output: str | None, shard: str | None) -> Questions:
    """Finds the files of questions, before TensorFlow is imported, which takes seconds.

    Args:
        pattern: a path or URL, perhaps with wildcards.
        output: the folder for the answers, or None.
        shard: K/N, or None for all of the work.

    Raises:
        InputError: there are none, the share is none, a file cannot be shared out, or questions and answers
            would be mixed.
    """
    from cocoqa_keras.evaluation.question_blocks import blocks_of
    from cocoqa_keras.evaluation.shard import Shard
    from cocoqa_keras.storage import find_files

    share = Shard.parse(shard or "1/1")
    files = find_files(pattern)
    pipe = next((file for file in files if file.size is None), None)
    if pipe is not None and (output is not None or share.count > 1):
        raise InputError(
            f"{pipe.place} is no regular file, so it cannot be gone on with; leave --output and --shard out"
        )
    blocks = blocks_of(files)
    if output is not None:
        _check_output(output, pattern, blocks)
    return Questions(blocks, share)


def _check_output(output: str, pattern: str, blocks: "list[Block]") -> None:
    """Refuses questions that would pass for something else in the folder of the answers, or the reverse."""
    from cocoqa_keras.evaluation.batch_prediction import is_of_job
    from cocoqa_keras.storage import OutputFolder, is_hidden

    folder = OutputFolder(output)
    for block in blocks:
        if is_hidden(block.name) or is_of_job(block.name):
            raise InputError(f"{block.file.place}: its answers cannot have the name {block.name}; rename it")
        if folder.holds(block.file):
            raise InputError(f"{block.file.place} lies in {output}, the folder for answers; choose another")
        if block.file.place != pattern and folder.is_found(block.name, pattern):
            answers = folder.place_of(block.name)
            raise InputError(
                f"--input {pattern} would find the answers {answers} the next time; choose another folder"
            )


def print_answers(questions: Questions, answerer: "Answerer", top_k: int) -> None:
    """Prints the answers, a JSON object a line."""
    from cocoqa_keras.evaluation.queries import answer_block

    for block in questions.shard.of(questions.blocks):
        for result in answer_block(block, answerer, top_k):
            print(json.dumps(result), flush=True)


def write_answers(
    questions: Questions, answerer: "Answerer", top_k: int, output: str, fingerprint: Mapping[str, str]
) -> None:
    """Writes the answers into a folder, and shows progress."""
    from cocoqa_keras.evaluation.batch_prediction import BatchPrediction
    from cocoqa_keras.storage import OutputFolder
    from cocoqa_keras.training.reporter import reporter_for

    job = BatchPrediction(OutputFolder(output), answerer, top_k, fingerprint)
    try:
        with reporter_for(True, in_tenths=True, in_bytes=True) as reporter:
            count, added = job.run(*questions, partial(reporter.progress, "answers"))
    except KeyboardInterrupt:
        print_line("What is done is kept: run the same command again to go on.")
        raise
    print_line(f"{output}: {count} {'file' if count == 1 else 'files'}, {added} new")


def fingerprint(run_folder: Path, images: "ImageSource | None") -> dict[str, str]:
    """Digests of the files that a run's answers depend on: those of the model, and of the images it takes."""
    from cocoqa_keras.training.run_files import read_spec

    names = ("model.keras", "vocabulary.json", "answers.json")
    files = [*(run_folder / name for name in names), read_spec(run_folder).path]
    return {"model": _digest(files)} | ({} if images is None else {"images": _digest(images.files)})


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
