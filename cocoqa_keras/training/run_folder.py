"""The folder that a run leaves behind."""

import hashlib
import json
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from cocoqa_keras.data.formats import write_weights
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError
from cocoqa_keras.export.weight_layout import weights_of
from cocoqa_keras.files import atomic_path, write_text
from cocoqa_keras.models.builder import Graph
from cocoqa_keras.models.drawing import draw_graph
from cocoqa_keras.spec.model_spec import ModelSpec
from cocoqa_keras.training.checkpoint import Checkpoints


@dataclass(frozen=True)
class RunFolder:
    """`{name}-{timestamp}/`, with the 2015 program's files and ours.

    Attributes:
        path: the folder; its name is also the stem of the files that the 2015 program knew.
    """

    path: Path

    @classmethod
    def create(cls, output: str | Path, name: str) -> "RunFolder":
        """Makes a new folder in `output`, which is made where it is missing.

        Raises:
            InputError: the folder cannot be made.
        """
        stem = Path(output) / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
        path, number = stem, 1
        while True:
            try:
                path.mkdir(parents=True)
                return cls(path)
            except FileExistsError:
                if not path.is_dir():
                    raise InputError(
                        f"cannot write to {output}: it is not a folder; choose another --output"
                    ) from None
                number += 1
                path = Path(f"{stem}-{number}")
            except OSError as error:
                raise InputError(
                    f"cannot make the run folder {path}: {error.strerror}; choose another --output"
                ) from error

    @property
    def name(self) -> str:
        """Name of the run."""
        return self.path.name

    def file(self, suffix: str) -> Path:
        """A file of the 2015 program: the run's name and a suffix."""
        return self.path / f"{self.name}{suffix}"

    @property
    def checkpoints(self) -> Checkpoints:
        """The states of the round, until it is finished."""
        return Checkpoints.of_run(self.path)

    @property
    def is_finished(self) -> bool:
        """Whether everything is there: `run.json` comes last."""
        return (self.path / "run.json").is_file()

    def check_name(self) -> None:
        """Sees to it that the folder has the name that its files have.

        Raises:
            InputError: it has been renamed.
        """
        for path in self.path.glob("*.model.yml"):
            if path != self.file(".model.yml"):
                name = path.name.removesuffix(".model.yml")
                raise InputError(f"{self.path}: give the folder its old name, {name}, to go on with the run")

    def find_second(self) -> "RunFolder | None":
        """The folder of an unfinished second round whose first is this one."""
        for folder in map(RunFolder, sorted(self.path.parent.glob("*/"))):
            with suppress(InputError, KeyError, TypeError):  # none, of another version, or somebody else's
                if folder.checkpoints.read_facts()["plan"]["first_round"] == self.name:
                    return folder
        return None

    def write_spec(self, spec: ModelSpec) -> None:
        """Copies the model file as it was read."""
        write_text(self.file(".model.yml"), spec.text)

    def write_drawing(self, graph: Graph) -> None:
        """Writes `model.svg`."""
        write_text(self.path / "model.svg", draw_graph(graph))

    def write_weights(self, spec: ModelSpec, model: keras.Model) -> None:
        """Writes `.w.npy`: an entry per used stage in order, its W, or 0 where it has none or is frozen."""
        write_weights(self.file(".w.npy"), weights_of(spec, model))

    def write_model(self, model: keras.Model) -> None:
        """Writes `model.keras`."""
        with atomic_path(self.path / "model.keras") as temporary:
            model.save(temporary)

    def write_words(self, question_words: Vocabulary, answers: Vocabulary) -> None:
        """Writes `vocabulary.json` and `answers.json`: words in order of their ids, and the first id."""
        for name, words in (("vocabulary", question_words), ("answers", answers)):
            self.write_json(name, {"first_id": words.first_id, "words": list(words.words)})

    def write_answers(self, predicted: list[str], true: list[str]) -> None:
        """Writes `.test.o.txt` and `.test.t.txt`: predicted and true answers, a line each."""
        for suffix, answers in ((".test.o.txt", predicted), (".test.t.txt", true)):
            write_text(self.file(suffix), "".join(f"{answer}\n" for answer in answers))

    def write_json(self, name: str, content: Any) -> None:
        """Writes `name`.json."""
        write_text(self.path / f"{name}.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def remove(self) -> None:
        """Deletes the folder, for a run that came to nothing."""
        shutil.rmtree(self.path, ignore_errors=True)


def find_weights(source: str | Path) -> Path:
    """The file of weights, `.w.npy`, that is meant by its own name or by that of a run folder.

    Raises:
        InputError: a folder in which there is no such file, or more than one.
    """
    source = Path(source)
    if not source.is_dir():
        return source
    paths = list(source.glob("*.w.npy"))
    if len(paths) != 1:
        raise InputError(f"{source}: expected one file *.w.npy, found {len(paths)}; give the file itself")
    return paths[0]


def spec_hash(spec: ModelSpec) -> str:
    """SHA-256 of the model file."""
    return hashlib.sha256(spec.text.encode()).hexdigest()
