"""cocoqa-evaluate: the figures of finished runs, and how sure they are."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from cocoqa_keras.cli.command import command, run
from cocoqa_keras.cli.next_steps import comparison_of_runs, print_next, views_of_run
from cocoqa_keras.cli.options import DataOfRun, FeaturesOfRun
from cocoqa_keras.cli.output import print_table
from cocoqa_keras.cli.run_folder import open_run
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.errors import InputError
from cocoqa_keras.files import atomic_folder, check_replaceable, write_text
from cocoqa_keras.reproduce.published import published_for

if TYPE_CHECKING:
    import numpy as np

    from cocoqa_keras.data.dataset import Dataset
    from cocoqa_keras.ensembles.of_runs import RunWithFeatures
    from cocoqa_keras.evaluation.report import EvaluationReport
    from cocoqa_keras.training.reporter import Reporter
    from cocoqa_keras.training.run import Run

_TYPES = {kind.name.lower(): kind for kind in QuestionType}
_FIGURES = "figures.json"
_KIND = "one of cocoqa-evaluate"


class Part(StrEnum):
    """A part of a data set."""

    TRAIN = "train"
    VALID = "valid"
    TEST = "test"


def evaluate(
    runs: Annotated[
        list[Path] | None,
        Argument(metavar="RUN...", help="Folder of a finished run; several with --average."),
    ] = None,
    data: DataOfRun = None,
    split: Annotated[Part, Option(help="Part of the data.")] = Part.TEST,
    features: FeaturesOfRun = None,
    average: Annotated[bool, Option("--average", help="Evaluate the mean of several runs.")] = False,
    per_type: Annotated[
        list[str] | None,
        Option(
            metavar="TYPE=RUN",
            help="Evaluate a run for each question type: object=RUN, number=RUN, color=RUN and location=RUN, "
            "each with an option of its own. Their words and answers are mapped by name.",
        ),
    ] = None,
    prior: Annotated[
        bool,
        Option("--prior", help="Multiply by the visual prior, smoothed as is best on the validation part."),
    ] = False,
    reindex: Annotated[
        bool,
        Option(
            "--reindex", help="Map words and answers of other data by name, UNK where the run lacks them."
        ),
    ] = False,
    against: Annotated[
        Path | None,
        Option(metavar="RUN", help="Also tell by how much the figures are above those of this run."),
    ] = None,
    wordnet: Annotated[
        Path | None, Option(metavar="DIR", help="Folder of the WordNet database, for WUPS.")
    ] = None,
    boosting_weights: Annotated[
        Path | None,
        Option(
            metavar="PREFIX",
            help="Also write the example weights with which the next of several boosted runs is trained: "
            "cocoqa-train --example-weights PREFIX.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        Option(
            help="Folder for result.txt, figures.json, predictions.jsonl, confusion.csv and plots "
            "(types.png, confusion.png)."
        ),
    ] = None,
    json_: Annotated[bool, Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Tell how well trained models answer the questions of a part, with 95 % intervals.

    The intervals are by bootstrap over the questions. Try it: cocoqa-evaluate RUN
    """
    runs, by_type = runs or [], _read_types(per_type or [])
    _check_use(runs, by_type, average, split, prior, reindex)
    if boosting_weights is not None and (len(runs) != 1 or reindex):
        raise InputError("--boosting-weights takes one run, on the data that it was trained on")
    from cocoqa_keras.data.dataset import load_dataset
    from cocoqa_keras.data.dataset_files import check_presence

    if data is not None:
        check_presence(data)
    if output is not None:
        check_replaceable(output, _KIND, mark=_FIGURES)
    names = [folder.name for folder in runs]
    names += [f"{kind.name.lower()}={folder.name}" for kind, folder in by_type.items()]
    models = [_open_run(folder, data, features) for folder in (*runs, *by_type.values())]
    other = None if against is None else _open_run(against, data, features)
    dataset = load_dataset(data or _common_data(models))
    notes = ["Corrected by the visual prior"] if prior else []
    asked = _in_words_of(models[0].run, dataset, split, notes) if reindex else dataset
    from cocoqa_keras.training.reporter import reporter_for

    with reporter_for(True) as reporter:
        answering = dict(zip(by_type, models, strict=True)) if by_type else models
        scores = _scores(answering, asked, split, reporter, prior)
        other_scores = None if other is None else _scores([other], asked, split, reporter)
    report = _report(names, asked, split, scores, against, other_scores, wordnet, notes)
    if output is not None:
        is_in_paper = len(models) == 1 and split is Part.TEST and not prior
        published = published_for(models[0].run.spec.name, dataset) if is_in_paper else None
        _write(output, report, dataset, asked, scores, published)
    if boosting_weights is not None:
        notes.append(_boost(models[0], dataset, boosting_weights))
    if json_:
        print(json.dumps(report.to_dict(), indent=2))
        return
    print_table(report.table())
    if len(runs) == 1:
        print_next(*(comparison_of_runs(runs[0], against) if against else views_of_run(runs[0])))


def _read_types(pairs: Sequence[str]) -> dict[QuestionType, Path]:
    """The run folder of each question type, from TYPE=RUN."""
    folders = {}
    for pair in pairs:
        name, equals, folder = pair.partition("=")
        if name not in _TYPES or not equals or not folder:
            raise InputError(f"--per-type {pair}: write TYPE=RUN, with the type {', '.join(_TYPES)}")
        if _TYPES[name] in folders:
            raise InputError(f"--per-type {pair}: there is a run for this type already")
        folders[_TYPES[name]] = Path(folder)
    return folders


def _check_use(
    runs: Sequence[Path],
    by_type: Mapping[QuestionType, Path],
    average: bool,
    split: Part,
    prior: bool,
    reindex: bool,
) -> None:
    if bool(runs) == bool(by_type):
        raise InputError("give RUN, the folder of a finished run, or --per-type TYPE=RUN; one of them")
    if len(runs) > 1 and not average:
        raise InputError("several runs: give --average for their mean, or --against RUN to compare two")
    if average and len(runs) < 2:
        raise InputError("--average takes several runs")
    if by_type and reindex:
        raise InputError("--per-type maps words and answers by name as it is; leave --reindex out")
    if prior and split != Part.TEST:
        raise InputError(f"--prior is for the test part: its smoothing is chosen on valid, not on {split}")


def _open_run(folder: Path, data: Path | None, features: Path | None) -> "RunWithFeatures":
    finished = open_run(folder)
    from cocoqa_keras.ensembles.of_runs import RunWithFeatures
    from cocoqa_keras.models.image_features import open_features
    from cocoqa_keras.training.run_files import find_data

    places = find_data(folder, finished.summary, data, features)
    return RunWithFeatures(finished, open_features(finished.spec, *places))


def _common_data(models: Sequence["RunWithFeatures"]) -> Path:
    """The folder of the data that all runs were trained on."""
    from cocoqa_keras.training.run_files import find_data

    folders = [find_data(model.run.folder, model.run.summary, None, None).folder for model in models]
    if len({folder.resolve() for folder in folders}) > 1:
        raise InputError(
            f"the runs were trained on different data, {' and '.join(map(str, folders))}; give --data"
        )
    return folders[0]


def _in_words_of(run: "Run", dataset: "Dataset", split: Part, notes: list[str]) -> "Dataset":
    """The data set in a run's words and answers; notes how many true answers are lost by that."""
    from cocoqa_keras.evaluation.reindex import reindex

    mapped = reindex(dataset, run.question_words, run.answers)
    true = mapped.split(split).answers
    lost = (true == run.answers.last_id).mean()
    notes.append(f"{lost:.1%} of the true answers are none of the model's: they count as UNK")
    return mapped


def _scores(
    models: Sequence["RunWithFeatures"] | Mapping[QuestionType, "RunWithFeatures"],
    dataset: "Dataset",
    split: Part,
    reporter: "Reporter",
    prior: bool = False,
) -> "np.ndarray":
    """The scores of the mean of some runs or of a run for each type, (N, A)."""
    from cocoqa_keras.baselines.prior_by_type import add_prior_by_type
    from cocoqa_keras.ensembles.of_runs import average_of_runs, runs_by_type

    def scores_on(part: Part) -> "np.ndarray":
        combine = runs_by_type if isinstance(models, Mapping) else average_of_runs
        return combine(models, dataset, part, partial(reporter.progress, part))

    scores = scores_on(split)
    return add_prior_by_type(dataset, scores_on(Part.VALID), scores) if prior else scores


def _boost(model: "RunWithFeatures", dataset: "Dataset", prefix: Path) -> str:
    """Writes the example weights for the next run; returns a line on them."""
    from cocoqa_keras.ensembles.boosting import boost_run

    alpha = boost_run(model.run, dataset, prefix, model.features)
    return (
        f"Example weights for the next run: {prefix}-train.npy and its like; alpha of this run: {alpha:.4f}"
    )


def _report(
    names: Sequence[str],
    dataset: "Dataset",
    split: Part,
    scores: "np.ndarray",
    against: Path | None,
    other_scores: "np.ndarray | None",
    wordnet: Path | None,
    notes: list[str],
) -> "EvaluationReport":
    from cocoqa_keras.evaluation.evaluator import find_similarity, outcomes
    from cocoqa_keras.evaluation.report import EvaluationReport

    similarity = find_similarity(dataset.answers.words, notes.append, wordnet)
    answers, types = dataset.split(split).answers, dataset.types_of(split)
    found, others = (
        None if of_model is None else outcomes(of_model, answers, types, similarity)
        for of_model in (scores, other_scores)
    )
    return EvaluationReport(
        models=names,
        data=str(dataset.folder),
        split=str(split),
        outcomes=found,
        against=None if against is None else against.name,
        others=others,
        notes=notes,
    )


def _write(
    folder: Path,
    report: "EvaluationReport",
    dataset: "Dataset",
    asked: "Dataset",
    scores: "np.ndarray",
    published: Mapping[str, float] | None,
) -> None:
    """Writes the report, what was answered to each question, which answers are taken for which, and plots."""
    from cocoqa_keras.evaluation.confusion_file import write_confusion
    from cocoqa_keras.evaluation.evaluator import result_lines
    from cocoqa_keras.evaluation.plots import write_plots
    from cocoqa_keras.evaluation.predictions import write_predictions

    content = report.to_dict()
    predicted, true = scores.argmax(axis=1), asked.split(report.split).answers
    with atomic_folder(folder, _KIND, mark=_FIGURES, last=_FIGURES) as unfinished:
        write_text(unfinished / "result.txt", result_lines(content["figures"]))
        write_text(unfinished / _FIGURES, json.dumps(content, indent=2) + "\n")
        write_predictions(unfinished / "predictions.jsonl", dataset, report.split, scores, asked.answers)
        write_confusion(unfinished / "confusion.csv", predicted, true, asked.answers)
        write_plots(unfinished, report.title, report.outcomes, predicted, true, asked.answers, published)


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run(command(evaluate), argv)
