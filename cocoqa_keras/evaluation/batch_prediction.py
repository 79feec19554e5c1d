"""Answers to files of questions, written by one process or several, in as many attempts as it takes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.answerer import Answerer
from cocoqa_keras.evaluation.predictor import Progress
from cocoqa_keras.evaluation.queries import answer_block, read_queries
from cocoqa_keras.evaluation.question_blocks import Block
from cocoqa_keras.evaluation.shard import Shard
from cocoqa_keras.storage import OutputFolder

JOB_FOLDER = "_job"


@dataclass(frozen=True)
class BatchPrediction:
    """Answers blocks of questions into a folder, a file each.

    The folder says in `_job/` what its answers depend on, in a file named by the digest of its content. So it
    does not matter which of several processes writes it, and one with other settings finds two of them.

    Args:
        output: the folder.
        answerer: the model.
        top_k: how many answers to a question.
        fingerprint: what tells the model and its images from others, by name.
    """

    output: OutputFolder
    answerer: Answerer
    top_k: int
    fingerprint: Mapping[str, str]

    def run(
        self, blocks: Sequence[Block], shard: Shard, progress: Progress = lambda done, total: None
    ) -> tuple[int, int]:
        """Answers a share of the blocks; those that are answered already are left as they are.

        Args:
            blocks: all blocks of the job.
            shard: which of them to answer.
            progress: told after each block how many bytes of the questions are through.

        Returns:
            how many blocks there are in the share, and how many of them were answered now.

        Raises:
            InputError: the folder holds something else or was begun with other settings, a line is not as
                it should be, or a file cannot be read or written. What is answered is kept.
        """
        self._claim()
        names = self.output.names()
        self._check_names(names, blocks)
        share = shard.of(blocks)
        total, done, added = sum(block.end - block.start for block in share), 0, 0
        for block in share:
            if block.name not in names or not self._is_answered(block):
                self._answer(block)
                added += 1
            done += block.end - block.start
            progress(done, total)
        return len(share), added

    def _claim(self) -> None:
        """Notes the settings, in the folder, if it is empty or has been begun with the same."""
        settings = {"top_k": self.top_k, **self.fingerprint}
        text = json.dumps(settings, indent=2) + "\n"
        own = f"{JOB_FOLDER}/{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
        names = self.output.names()
        if names and not any(map(is_of_job, names)):
            raise InputError(
                f"{self.output.place} is not empty, nor begun by this command; choose another folder"
            )
        self._check_settings(settings, own, names)
        if own not in names:
            with self.output.writing(own) as temporary:
                temporary.write_text(text, encoding="utf-8")
            self._check_settings(settings, own, self.output.names())  # another process may have been as fast

    def _check_settings(self, settings: dict[str, Any], own: str, names: set[str]) -> None:
        for name in sorted(filter(is_of_job, names - {own})):
            place = self.output.place_of(name)
            try:
                with self.output.open(name) as file:
                    begun = json.load(file)
                differences = [
                    f"{key} {begun.get(key)} there, {settings.get(key)} now"
                    for key in {**settings, **begun}
                    if begun.get(key) != settings.get(key)
                ]
            except (ValueError, RecursionError, TypeError, AttributeError) as error:
                raise InputError(f"{place} is damaged; choose another folder") from error
            raise InputError(
                f"{self.output.place} was begun with other settings ({', '.join(differences)}; {place}); "
                "repeat them, choose another folder, or delete this one"
            )

    def _check_names(self, names: set[str], blocks: Sequence[Block]) -> None:
        """Refuses what would pass for answers to the questions and is none."""
        strange = {name for name in names if not is_of_job(name)} - {block.name for block in blocks}
        if strange:
            raise InputError(
                f"{self.output.place_of(min(strange))} answers none of these questions, or questions that "
                "were changed since; delete it, or choose another folder"
            )

    def _is_answered(self, block: Block) -> bool:
        """Whether the file of a block has the questions that the block has now."""
        with self.output.open(block.name) as file:
            return all(
                _answers(line, query) for line, query in zip_longest(file, read_queries(block, self.answerer))
            )

    def _answer(self, block: Block) -> None:
        with self.output.writing(block.name) as temporary, temporary.open("w", encoding="utf-8") as file:
            for result in answer_block(block, self.answerer, self.top_k):
                file.write(json.dumps(result, allow_nan=False) + "\n")


def is_of_job(name: str) -> bool:
    """Whether a file in the folder of answers is none of them, but tells what they depend on."""
    return name.startswith(f"{JOB_FOLDER}/")


def _answers(line: bytes | None, query: dict[str, Any] | None) -> bool:
    """Whether a line holds the answers to a query."""
    if line is None or query is None:
        return False
    try:
        result = json.loads(line)
        return result == {**query, "unknown_words": result["unknown_words"], "answers": result["answers"]}
    except (ValueError, RecursionError, TypeError, KeyError):
        return False
