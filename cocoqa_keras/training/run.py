"""A finished run, read back from its folder alone."""

from dataclasses import dataclass
from pathlib import Path

import keras

from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.spec.model_spec import ModelSpec
from cocoqa_keras.training.model_file import load_model
from cocoqa_keras.training.run_files import find_model, read_spec, read_summary, read_vocabularies
from cocoqa_keras.training.run_summary import RunSummary


@dataclass(frozen=True)
class Run:
    """A trained model and the words it knows.

    Attributes:
        folder: the run folder.
        spec: the model file.
        model: the trained model, compiled.
        question_words: the words of questions.
        answers: the answers, in order of the model's outputs.
        summary: the content of `run.json`: versions, data, configuration, training, test figures.
    """

    folder: Path
    spec: ModelSpec
    model: keras.Model
    question_words: Vocabulary
    answers: Vocabulary
    summary: RunSummary


def load_run(folder: str | Path) -> Run:
    """Reads a run folder that training has left.

    Raises:
        InputError: it is not a run folder, or a file of it is missing or damaged.
    """
    folder = Path(folder)
    model = load_model(find_model(folder))
    question_words, answers = read_vocabularies(folder)
    return Run(
        folder=folder,
        spec=read_spec(folder),
        model=model,
        question_words=question_words,
        answers=answers,
        summary=read_summary(folder),
    )
