"""cocoqa-train: from a model file and a data set to a trained run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Context, Option

from cocoqa_keras.cli.command import command, run, start_keras
from cocoqa_keras.cli.next_steps import print_next, uses_of_run
from cocoqa_keras.cli.options import DEFAULT_DATA, Dtype, OnNan, Strategy
from cocoqa_keras.cli.output import print_line, print_table
from cocoqa_keras.cli.replicas import replicas
from cocoqa_keras.cli.resuming import Changes, check_options, is_given, resume_run
from cocoqa_keras.errors import InputError

if TYPE_CHECKING:
    from cocoqa_keras.models.builder import Graph


def train(
    context: Context,
    spec: Annotated[
        str | None, Argument(metavar="SPEC", help="A model file, or the name of a model such as img_bow.")
    ] = None,
    data: Annotated[
        Path, Option(help="Folder of the encoded data; where the default is missing, the demo data are used.")
    ] = DEFAULT_DATA,
    config: Annotated[
        Path | None, Option(help="Training configuration; by default that of the paper.")
    ] = None,
    output: Annotated[Path, Option(help="Folder that the run folders go into.")] = Path("results"),
    name: Annotated[str | None, Option(help="Name of the run; by default the model's.")] = None,
    set_: Annotated[
        list[str] | None,
        Option(
            "--set", metavar="KEY=VALUE", help="Override a field: batchSize=50, or softmax.learningRate=0.1."
        ),
    ] = None,
    epochs: Annotated[int | None, Option(min=1, help="Epochs at most, in each round.")] = None,
    one_round: Annotated[bool, Option("--one-round", help="Stop after the round with validation.")] = False,
    early_stop_score: Annotated[
        float | None, Option(help="Skip the first round; train on all examples down to this training score.")
    ] = None,
    resume: Annotated[
        Path | None,
        Option(metavar="RUN", help="Go on with a run that was cut short, to the result it would have had."),
    ] = None,
    checkpoint_minutes: Annotated[
        float, Option(min=0, help="Save the state of training so often, and after each epoch.")
    ] = 5,
    weights_from: Annotated[
        Path | None,
        Option(
            metavar="FILE.w.npy|RUN",
            help="Start each round from these weights, a .w.npy file or that of a run folder.",
        ),
    ] = None,
    example_weights: Annotated[
        Path | None,
        Option(
            metavar="PREFIX",
            help="Weigh the examples in the cost by PREFIX-train.npy and PREFIX-valid.npy, a number each.",
        ),
    ] = None,
    features: Annotated[
        Path | None, Option(help="Image features (HDF5) instead of the model file's.")
    ] = None,
    seed: Annotated[int, Option(min=0, help="Shifts all random streams; 0 is the paper's.")] = 0,
    dtype: Annotated[Dtype, Option(help="Precision.")] = Dtype.FLOAT32,
    on_nan: Annotated[
        OnNan,
        Option(help="What to do about a batch whose loss or gradient is not finite; it changes no weight."),
    ] = OnNan.STOP,
    strategy: Annotated[
        Strategy,
        Option(
            help="Share every batch among the devices of this machine (mirrored), or the processes named in "
            "TF_CONFIG (multi_worker)."
        ),
    ] = Strategy.NONE,
    no_export: Annotated[bool, Option("--no-export", help="Leave the SavedModel out.")] = False,
    no_tensorboard: Annotated[
        bool, Option("--no-tensorboard", help="Leave out what TensorBoard shows.")
    ] = False,
    strict_sizes: Annotated[
        bool, Option("--strict-sizes", help="Make a size that differs between model file and data an error.")
    ] = False,
    dry_run: Annotated[
        bool,
        Option(
            "--dry-run",
            help="Print the model stage by stage, with the sizes of the data if there are any, draw it (SVG) "
            "into the folder of --output, and stop.",
        ),
    ] = False,
) -> None:
    """Train a model in two rounds, and test it.

    The first round trains on the training part and stops when validation gets no better; the second trains
    a fresh model on training and validation part together. Each leaves a run folder with its weights and
    test results. Try it: cocoqa-train img_bow
    """
    from cocoqa_keras.files import check_writable
    from cocoqa_keras.models.zoo import TRAINING_CONFIG, config_folder, load_spec
    from cocoqa_keras.spec import load_training_config
    from cocoqa_keras.training.cluster import Cluster
    from cocoqa_keras.training.run_settings import check_run_name

    if resume is not None:
        check_options(context)
        changes = Changes(
            spec=spec,
            data=data if is_given(context, "data") else None,
            features=features,
            weights_from=weights_from,
            example_weights=example_weights,
            on_nan=on_nan.value if is_given(context, "on_nan") else None,
            checkpoint_minutes=checkpoint_minutes if is_given(context, "checkpoint_minutes") else None,
            strategy=strategy,
        )
        resume_run(resume, changes)
        return
    if spec is None:
        raise InputError("give a model, such as img_bow or a model file, or go on with --resume RUN")
    if name is not None:
        check_run_name(name)
    if one_round and early_stop_score is not None:
        raise InputError(
            "--early-stop-score skips the first round and --one-round the second; give one of them"
        )
    if strategy is Strategy.MULTI_WORKER and not dry_run:
        Cluster.from_environment()
    else:  # of several processes only the first writes, and need be able to
        check_writable(output)
    if weights_from is not None and not weights_from.exists():
        raise InputError(f"cannot read {weights_from}: no such file or run folder; check the path")
    settings, stage_settings = _read_overrides(set_ or [])
    if epochs is not None:
        settings["numEpoch"] = epochs
    if early_stop_score is not None:
        settings["stopScore"] = early_stop_score
    model_spec = load_spec(spec, stage_settings)
    training_config = load_training_config(config or config_folder() / f"{TRAINING_CONFIG}.yml", settings)
    if dry_run and data == DEFAULT_DATA and not data.is_dir():
        start_keras(str(dtype))
        from cocoqa_keras.models.summary import declared_graph

        _show(declared_graph(model_spec), output, name)
        return
    from cocoqa_keras.data.dataset import load_dataset
    from cocoqa_keras.models.image_features import open_features
    from cocoqa_keras.models.roles import InputRoles

    if data == DEFAULT_DATA and not data.is_dir():
        data, demo_features = _demo_data(data)
        if features is None and InputRoles.of(model_spec).image_tables:
            features = demo_features

    dataset = load_dataset(data)
    image_features = open_features(model_spec, data, features)

    start_keras(str(dtype), strategy)
    from cocoqa_keras.reproduce.published import published_for
    from cocoqa_keras.training.trainer import Trainer

    with replicas(Strategy.NONE if dry_run else strategy, training_config.progress and not dry_run) as here:
        trainer = Trainer(
            model_spec,
            dataset,
            image_features,
            training_config,
            output=here.folder or output,
            name=name,
            seed=seed,
            strict_sizes=strict_sizes,
            weights_from=weights_from,
            example_weights=example_weights,
            on_nan=on_nan.value,
            exports=not no_export,
            tensorboard=not no_tensorboard,
            checkpoint_minutes=checkpoint_minutes,
            published=published_for(model_spec.name, dataset),
            reporter=here.reporter,
        )
        if dry_run:
            _show(trainer.build_graph(), output, name)
            return
        folder = trainer.train(one_round).path
    if here.folder is None:
        print_next(*uses_of_run(folder, image_features is not None))


def _show(graph: "Graph", output: Path, name: str | None) -> None:
    """Prints the graph, and leaves a drawing of it."""
    from cocoqa_keras.files import write_text
    from cocoqa_keras.models.drawing import draw_graph
    from cocoqa_keras.models.summary import graph_table

    path = output / f"{name or graph.spec.name}.svg"
    write_text(path, draw_graph(graph))
    print_table(graph_table(graph))
    print_line(f"Drawing: {path}")


def _read_overrides(pairs: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Splits KEY=VALUE pairs into fields of the training configuration and fields of stages."""
    settings, stage_settings = {}, {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise InputError(
                f"--set {pair}: write KEY=VALUE, such as batchSize=50 or softmax.learningRate=0.1"
            )
        (stage_settings if "." in key else settings)[key] = value
    return settings, stage_settings


def _demo_data(missing: Path) -> tuple[Path, Path]:
    """The folder of the demo data, and their features; says why they are used."""
    from cocoqa_keras.data.demo import FEATURES_FILE, demo_folder

    print_line(
        f"No data in {missing}: training on the demo data (pictures and questions made by this program)"
    )
    demo = demo_folder()
    return demo / "cocoqa", demo / FEATURES_FILE


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run(command(train), argv)
