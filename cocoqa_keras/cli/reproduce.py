"""cocoqa-reproduce: the paper's table, ours beside it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from cocoqa_keras.cli.command import command, run, start_tensorflow
from cocoqa_keras.cli.next_steps import print_next
from cocoqa_keras.cli.options import DEFAULT_DATA
from cocoqa_keras.cli.output import print_line, print_table
from cocoqa_keras.errors import InputError
from cocoqa_keras.reproduce.published import FEATURE_ROWS, PublishedTable, is_cocoqa, published_figures

if TYPE_CHECKING:
    from cocoqa_keras.data.dataset import Dataset
    from cocoqa_keras.data.features import SparseFeatures
    from cocoqa_keras.reproduce.reproduction import Reproduction
    from cocoqa_keras.spec.training_config import TrainingConfig


def reproduce(
    data: Annotated[Path, Option(help="Folder of the encoded data.")] = DEFAULT_DATA,
    features: Annotated[
        Path | None,
        Option(metavar="FILE.h5", help="Image features; by default those in the data folder or above it."),
    ] = None,
    rows: Annotated[
        str | None, Option(metavar="A,B", help="Rows to make, such as BOW,LSTM; by default all.")
    ] = None,
    seeds: Annotated[int, Option(min=1, help="Train with the seeds 0, 1, ...: so many of them.")] = 1,
    epochs: Annotated[int | None, Option(min=1, help="Epochs at most, in each round.")] = None,
    runs: Annotated[
        Path, Option(help="Folder of the run folders; a run that is there is not repeated.")
    ] = Path("results"),
    output: Annotated[Path, Option(help="Folder for the table.")] = Path("reproduction"),
    paper: Annotated[
        PublishedTable, Option(help="The paper's table to compare with.")
    ] = PublishedTable.COCOQA,
) -> None:
    """Make the paper's table again: train what is missing, test it, and put ours beside the paper's.

    The work may be stopped and started again: what is done is not repeated. Try it: cocoqa-reproduce --rows
    GUESS,BOW
    """
    published = published_figures(paper)
    wanted = _read_rows(rows, list(published))
    from cocoqa_keras.data.dataset import load_dataset
    from cocoqa_keras.models.zoo import TRAINING_CONFIG, config_folder
    from cocoqa_keras.spec import load_training_config

    dataset = load_dataset(data)
    _check_parts(dataset)
    image_features = _open_features(data, features)
    settings = {} if epochs is None else {"numEpoch": epochs}
    config = load_training_config(config_folder() / f"{TRAINING_CONFIG}.yml", settings)
    start_tensorflow()
    from cocoqa_keras.locks import locked
    from cocoqa_keras.reproduce.reproduction import Reproduction
    from cocoqa_keras.reproduce.rows import ROWS
    from cocoqa_keras.training.run_settings import FileSettings

    made_from = {"data": dataset.fingerprint(), "config": config.model_dump(by_alias=True)}
    left_out = {
        name: "there are no image features (cocoqa-data download, or --features FILE.h5)"
        for name in wanted
        if ROWS[name].needs_images and image_features is None
    }
    if rows is not None and left_out:
        name, reason = next(iter(left_out.items()))
        raise InputError(f"--rows {rows}: {name} cannot be made: {reason}")
    made = [name for name in wanted if name not in left_out]
    see_images = any(ROWS[name].needs_images for name in made)
    features_sha256 = FileSettings.of(image_features.path).sha256 if see_images else None
    with locked(output):
        reproduction = Reproduction(output / "table.json", made_from, features_sha256)
        _make(reproduction, made, seeds, dataset, image_features, config, runs)
        notes = [f"{name} is left out: {reason}" for name, reason in left_out.items()]
        if paper is PublishedTable.COCOQA and not is_cocoqa(dataset):
            notes.insert(0, f"{data} is not COCO-QA: the differences from the paper tell nothing of a model")
        _show(reproduction, published, notes, output)
    if left_out:
        print_next(_way_to_features(dataset))


def _read_rows(rows: str | None, known: Sequence[str]) -> list[str]:
    """The rows asked for, in the paper's order."""
    if rows is None:
        return list(known)
    asked = [name.strip().upper() for name in rows.split(",")]
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise InputError(f"--rows {rows}: no row {unknown[0]!r}; there are {', '.join(known)}")
    return [name for name in known if name in asked]


def _check_parts(dataset: "Dataset") -> None:
    for part in ("valid", "test"):
        if getattr(dataset, part) is None:
            raise InputError(f"{dataset.folder}: there is no {part}.npy, and the table needs one")


def _open_features(data: Path, given: Path | None) -> "SparseFeatures | None":
    from cocoqa_keras.data.features import SparseFeatures
    from cocoqa_keras.data.features_file import find_features

    path = given or find_features(data)
    if path is None:
        return None
    features = SparseFeatures(path)
    features.check()
    return features


def _make(
    reproduction: "Reproduction",
    rows: Sequence[str],
    seeds: int,
    dataset: "Dataset",
    features: "SparseFeatures | None",
    config: "TrainingConfig",
    runs: Path,
) -> None:
    from cocoqa_keras.reproduce.rows import Workshop
    from cocoqa_keras.reproduce.run_store import RunStore
    from cocoqa_keras.training.reporter import reporter_for

    with reporter_for(config.progress) as reporter:
        for seed in range(seeds):
            store = RunStore(runs, features, reproduction.features_sha256, config, seed, reporter)
            for name in rows:
                reporter.line(f"{name}, seed {seed}")
                reproduction.make(name, Workshop(dataset, features, store))


def _show(
    reproduction: "Reproduction",
    published: dict[str, dict[str, float]],
    notes: Sequence[str],
    output: Path,
) -> None:
    """Prints the table of all rows that were ever made, and writes it and its chart."""
    from cocoqa_keras.files import write_text
    from cocoqa_keras.plotting import save_plot
    from cocoqa_keras.reproduce.report import markdown_of, rows_plot, table_of

    kept = reproduction.results.items()
    results = {name: [of_seed[seed] for seed in sorted(of_seed)] for name, of_seed in kept}
    table = table_of(results, published)
    print_table(table)
    for note in notes:
        print_line(note)
    write_text(output / "table.md", markdown_of(table, notes))
    if results:
        save_plot(rows_plot(results, published), output / "table.png")
    print_line(f"{output}: table.md, table.json, table.png")


def _way_to_features(dataset: "Dataset") -> tuple[str | Path, ...]:
    """The command that fetches the paper's features, with the authors' questions where need be."""
    if dataset.image_count == FEATURE_ROWS:
        return "cocoqa-data", "download", "features", "--output", dataset.folder.parent
    return "cocoqa-data", "download", "--output", "authors"


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run(command(reproduce), argv)
