"""From a model file and a data set to run folders: the two rounds of training."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from cocoqa_keras.data.dataset import Dataset, Split
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.formats import read_weights
from cocoqa_keras.data.pipeline import BatchReader
from cocoqa_keras.errors import InputError
from cocoqa_keras.export.weight_layout import assign_weights
from cocoqa_keras.locks import locked
from cocoqa_keras.models.builder import Graph, build_graph
from cocoqa_keras.models.decisions import DECISIONS_OF_A_NUMBER
from cocoqa_keras.models.image_features import check_features
from cocoqa_keras.models.roles import InputRoles
from cocoqa_keras.models.sizes import INDEX_COSTS, DatasetInfo, fit_sizes
from cocoqa_keras.spec.model_spec import ModelSpec
from cocoqa_keras.spec.training_config import TrainingConfig
from cocoqa_keras.training.checkpoint import Checkpoints
from cocoqa_keras.training.costs import cost_of
from cocoqa_keras.training.distribution import check_agreement
from cocoqa_keras.training.early_stopping import EarlyStopping
from cocoqa_keras.training.example_weights import path_of, trained_parts, weigh_examples
from cocoqa_keras.training.optimizer import StagewiseSGD
from cocoqa_keras.training.reporter import Reporter
from cocoqa_keras.training.round_facts import RoundFacts
from cocoqa_keras.training.round_in_progress import RoundInProgress
from cocoqa_keras.training.round_plan import RoundPlan
from cocoqa_keras.training.round_results import RoundResults
from cocoqa_keras.training.round_runner import RoundRunner
from cocoqa_keras.training.run_folder import RunFolder, find_weights
from cocoqa_keras.training.run_settings import (
    DataSettings,
    FileSettings,
    RunSettings,
    check_run_name,
    spec_content,
)
from cocoqa_keras.training.training_round import TrainingRound
from cocoqa_keras.training.weighted_split import example_weights_of
from cocoqa_keras.versions import versions

SEED = 1000  # of the stream that permutes the examples
_STEPS_ARE_LEFT = (
    ", with a step for each word still; make one of them all, by a stage of type timeFinal or sum2 before it"
)


@dataclass
class Trainer:
    """Trains a model as the 2015 program does, and leaves a run folder for each round.

    The first round trains on the training examples and validates; the weights of the best validation are
    kept, and its training score becomes the stop score. The second trains a fresh model on training and
    validation examples together until its training score is below the stop score.

    Within `training_strategy` every batch is shared among the replicas of the model. Each process has to make
    and run the same trainer, with an output of its own.

    Args:
        spec: the model file.
        dataset: the data set.
        features: image features, for models that take an image.
        config: the training configuration.
        output: folder of the run folders.
        name: names the runs; by default the model's name.
        seed: shifts all random streams; 0 repeats the 2015 program's.
        strict_sizes: make a size that differs between model file and data an error.
        weights_from: a `.w.npy` file, or a run folder with one, whose weights every round starts from, in
            place of the initial weights of the model file. Frozen stages keep the latter.
        example_weights: prefix of files, `PREFIX-train.npy` and `PREFIX-valid.npy`, with a number for each
            example that its cost is multiplied by, in training as in validation. Rates do not depend on them.
        on_nan: what to do about a batch whose loss or gradient is not finite, and whose update is therefore
            left out: `stop` with what was not finite first, or `skip` it and go on.
        exports: write a SavedModel into each run folder.
        tensorboard: write what TensorBoard shows into each run folder.
        checkpoint_minutes: time between two savings of the state of a round, at most; it is saved after each
            record as well.
        published: the paper's figures for the model, by their names in `result.txt`, drawn beside its own.
        reporter: where lines and progress go.

    Raises:
        InputError: the model and the data do not go together. Weights to start from that do not fit the
            model are told when a round begins, before it leaves anything.

    Reference:
        The 2015 program's training: two rounds, random streams, early stopping.
    """

    spec: ModelSpec
    dataset: Dataset
    features: SparseFeatures | None = None
    config: TrainingConfig = field(default_factory=TrainingConfig)
    output: str | Path = "results"
    name: str | None = None
    seed: int = 0
    strict_sizes: bool = False
    weights_from: str | Path | None = None
    example_weights: str | Path | None = None
    on_nan: Literal["stop", "skip"] = "stop"
    exports: bool = True
    tensorboard: bool = True
    checkpoint_minutes: float = 5
    published: Mapping[str, float] | None = None
    reporter: Reporter = field(default_factory=Reporter)

    def __post_init__(self) -> None:
        roles = InputRoles.of(self.spec)
        if not roles.are_found:
            raise InputError(
                f"{self.spec.path}: only a model that slices 'input' into image id and words can be trained"
            )
        _check_goal(self.spec)
        if self.on_nan not in ("stop", "skip"):
            raise InputError(f"on_nan '{self.on_nan}': give stop or skip")
        if roles.image_tables:
            check_features(self.features, self.spec.path)
        if self.features is not None:
            self.features.check_images(self.dataset.image_names)
        self.name = check_run_name(self.spec.name if self.name is None else self.name)
        self._cost = cost_of(self.spec)
        self._info = DatasetInfo.of(self.dataset, self.features)
        self._sized, differences = fit_sizes(self.spec.shift_seeds(self.seed), self._info)
        if differences and self.strict_sizes:
            raise InputError(f"{self.spec.path}: {differences[0]}; correct it, or leave --strict-sizes out")
        for difference in differences:
            self.reporter.line(str(difference))
        if self.weights_from is not None:
            self.weights_from = find_weights(self.weights_from)
            self._first_weights = read_weights(self.weights_from)
            self.reporter.line(f"Every round starts from the weights of {self.weights_from}")
        if self.example_weights is not None:
            self.dataset = weigh_examples(self.dataset, self.example_weights)
            files = [str(path_of(self.example_weights, name)) for name in trained_parts(self.dataset)]
            self.reporter.line(f"Examples count in the cost by the weights of {', '.join(files)}")
        check_agreement(self._settings.agreement)

    def train(self, one_round: bool = False) -> RunFolder:
        """Runs both rounds, or only the second where the configuration has a stop score.

        Args:
            one_round: stop after the first.

        Returns:
            the folder of the last round.
        """
        check_agreement(lambda: {"whether there is a second round": not one_round})
        if not self.config.need_valid:
            return self.train_only_round().folder
        if one_round:
            return self.train_round_one().folder
        if self.config.stop_score is not None:
            return self.train_round_two(self.config.stop_score).folder
        return self._begin(RoundPlan("first", is_last=False)).folder

    def resume(self, folder: str | Path) -> RunFolder:
        """Goes on with a run that was cut short, and ends as it would have ended.

        Args:
            folder: the run folder, of either round.

        Returns:
            the folder of the last round.

        Raises:
            InputError: there is nothing to go on from, the run was begun with other settings or data, or
                another process is at it.
        """
        folder = Path(folder).resolve()  # `.` has neither a name nor a folder that it is in
        self.output = folder.parent
        return self._resume_round(RunFolder(folder)).folder

    def find_begun(self, kind: str) -> Path | None:
        """The folder of a round that was begun with the same settings and can be resumed, or None.

        Args:
            kind: `first` or `second`.
        """
        for path in sorted(Path(self.output).glob("*/")):
            with suppress(InputError):  # none, one of another version, or somebody else's
                begun = RoundFacts.read(path, Checkpoints.of_run(path).read_facts())
                is_alike = begun.plan.kind == kind and begun.plan.is_last
                if is_alike and not any(begun.settings.differences(self._settings)):
                    return path
        return None

    def _second_behind(self, first: RoundInProgress) -> RoundInProgress:
        """The second of two rounds, which may have begun already."""
        begun = first.folder.find_second()
        if begun is not None:
            return self._resume_round(begun)
        first.folder.checkpoints.check_presence()  # else another process has finished the second meanwhile
        stop_score = first.stopping.training_score
        return self._begin(RoundPlan("second", stop_score, first_round=first.folder.name))

    def build_graph(self) -> Graph:
        """The graph that is trained, with its initial weights; nothing is left on disk.

        Raises:
            InputError: the model cannot be built, or does not give what its decision needs.
        """
        graph = build_graph(self._sized, self._info)
        self._check_outputs(graph.model)
        return graph

    def train_round_one(self) -> RoundInProgress:
        """Trains with validation: on the training examples, until validation gets no better."""
        return self._begin(RoundPlan("first"))

    def train_round_two(self, stop_score: float) -> RoundInProgress:
        """Trains on training and validation examples until the training score is below the stop score."""
        return self._begin(RoundPlan("second", stop_score))

    def train_only_round(self) -> RoundInProgress:
        """Trains on the training examples without validation, as `needValid: false` asks."""
        return self._begin(RoundPlan("only", self.config.stop_score))

    def _begin(self, plan: RoundPlan) -> RoundInProgress:
        """Runs a round in a new folder, which is deleted again when training comes to nothing."""
        if plan.kind == "second":
            self.reporter.line(
                f"Round two, on all examples, until the training score is below {plan.stop_score:.4f}"
            )
        graph = self.build_graph()
        training = self._set_up(plan, graph.model)
        folder = RunFolder.create(self.output, f"{self.name}-v" if plan.kind == "first" else self.name)
        round_ = RoundInProgress(plan, folder, training, self._stopping(plan))
        try:
            folder.write_spec(self.spec)
            folder.write_drawing(graph)
            with locked(folder.checkpoints.folder):
                self._runner(round_).save()
                return self._complete(round_)
        except BaseException:
            if not round_.can_go_on:
                folder.remove()
            raise

    def _resume_round(self, folder: RunFolder) -> RoundInProgress:
        """Runs the rest of a round, if there is any, and the second behind the first of two."""
        folder.check_name()
        folder.checkpoints.check_presence()
        with locked(folder.checkpoints.folder):
            checkpoint = folder.checkpoints.recover(self.reporter.line)
            check_agreement(lambda: {"the checkpoint": checkpoint.facts})
            facts = RoundFacts.read(folder.path, checkpoint.facts)
            self._check_settings(folder, facts.settings)
            training = self._set_up(facts.plan, self.build_graph().model)
            round_ = RoundInProgress(facts.plan, folder, training, facts.stopping)
            round_.restore(facts, checkpoint.arrays)
            self.reporter.line(f"{folder.path}: going on {round_.place}")
            last = self._complete(round_)
        folder.checkpoints.remove_folder()
        return last

    def _set_up(self, plan: RoundPlan, model: keras.Model) -> TrainingRound:
        """What a round trains, and on which examples."""
        config, valid = self.config, self.dataset.valid
        train = self.dataset.train
        if plan.kind == "second" and valid is not None:
            train = train.followed_by(valid)
        validation = valid if plan.kind == "first" else None
        random = np.random.RandomState((SEED + self.seed) % 2**32)
        if validation is None:
            # Examples that do not come with a validation part are permuted once before the first epoch.
            train = train.take(random.permutation(len(train)))
            if plan.kind == "first":
                train, validation = _hold_out(train, config.held_out_ratio, config.xvalid_no)
        if self.weights_from is not None:
            assign_weights(self._sized, model, self._first_weights, str(self.weights_from))
        reader = BatchReader.for_model(model, train, self.features, example_weights_of(train))
        training = TrainingRound(
            model,
            reader,
            None if validation is None else reader.of(validation),
            config,
            random,
            self.reporter,
            self.spec.decision_fn,
            self.on_nan,
        )
        optimizer = StagewiseSGD.from_spec(self._sized, training.steps_per_epoch)
        model.compile(optimizer, self._cost, jit_compile=False)
        optimizer.build(model.trainable_variables)
        return training

    def _stopping(self, plan: RoundPlan) -> EarlyStopping:
        config = self.config
        return EarlyStopping(config.criterion, config.patience, plan.stop_score, config.stop_cost)

    def _complete(self, round_: RoundInProgress) -> RoundInProgress:
        """Trains to the end and leaves what there is to leave; then states are of no use any more.

        Returns:
            the round, or the second that comes behind it.
        """
        runner = self._runner(round_)
        with runner.telling_how_to_go_on():
            runner.run()
            if not round_.plan.is_last:
                return self._second_behind(round_)
        for folder in (round_.first_folder, round_.folder):
            if folder is not None:
                self._remove_states(folder)
        return round_

    def _remove_states(self, folder: RunFolder) -> None:
        """Deletes what a finished run needs no more; that it cannot be is told, and no failure."""
        try:
            folder.checkpoints.remove()
        except InputError as error:
            self.reporter.line(f"Finished, but {error}")

    @cached_property
    def _results(self) -> RoundResults:
        spec, published, reporter = self._sized, self.published, self.reporter
        return RoundResults(spec, self.dataset, self.features, self._settings, published, reporter)

    def _runner(self, round_: RoundInProgress) -> RoundRunner:
        return RoundRunner(round_, self._results)

    def _check_outputs(self, model: keras.Model) -> None:
        decision = self.spec.decision_fn
        is_of_a_number = decision in DECISIONS_OF_A_NUMBER
        expected = (None, 1 if is_of_a_number else self._info.answer_count)
        if model.output.shape != expected:
            wanted = "a single number" if is_of_a_number else f"each of the {expected[1]} answers"
            stages, shape = " and ".join(f"'{name}'" for name in self.spec.outputs), model.output.shape
            has_steps = len(shape) > len(expected)
            raise InputError(
                f"{self.spec.path}: decisionFn '{decision}' needs an output for {wanted}, shape {expected}, "
                f"and that of {stages} is {shape}{_STEPS_ARE_LEFT if has_steps else ''}"
            )

    def _check_settings(self, folder: RunFolder, begun: RunSettings) -> None:
        """A run goes on with the settings and data that it was begun with, or not at all."""
        differences = list(begun.differences(self._settings))
        if differences:
            raise InputError(
                f"{folder.path}: begun with other settings, and cannot go on: {'; '.join(differences)}"
            )
        for program, version in self._settings.versions.items():
            before = begun.versions.get(program)
            if before != version:
                self.reporter.line(
                    f"Begun with {program} {before}, going on with {version}: the last digits may "
                    f"differ from those of a run in one go"
                )

    @cached_property
    def _settings(self) -> RunSettings:
        model, stages = spec_content(self.spec)
        return RunSettings(
            name=self.name,
            spec_file=str(self.spec.path.resolve()),
            model=model,
            stages=stages,
            overrides=self.spec.overrides,
            config=self.config,
            data=DataSettings.of(self.dataset),
            files={what: FileSettings.of(path) for what, path in self._files()},
            weights_from=_absolute(self.weights_from),
            example_weights=_absolute(self.example_weights),
            seed=self.seed,
            dtype=keras.config.floatx(),
            on_nan=self.on_nan,
            exports=self.exports,
            tensorboard=self.tensorboard,
            checkpoint_minutes=self.checkpoint_minutes,
            versions=versions(),
        )

    def _files(self) -> Iterator[tuple[str, Path]]:
        """The files that numbers are read from, beside the data set, and what they are."""
        if self.features is not None:
            yield "features", self.features.path
        if self.weights_from is not None:
            yield "weights to start from", self.weights_from
        if self.example_weights is not None:
            for part in trained_parts(self.dataset):
                yield f"example weights, {part}", path_of(self.example_weights, part)
        images = InputRoles.of(self.spec).image_tables
        for stage in self.spec.all_stages:
            if stage.name not in images and getattr(stage, "init_weights", None) is not None:
                yield f"weights of stage {stage.name}", self.spec.resolve_file(stage, "init_weights")


def _check_goal(spec: ModelSpec) -> None:
    """An answer is learned either as one of many, or as a number; the decision has to go with that."""
    is_of_a_number = spec.decision_fn in DECISIONS_OF_A_NUMBER
    if is_of_a_number != (spec.cost_fn not in INDEX_COSTS):
        fitting = "argmax or argmaxDiff" if is_of_a_number else "hardLimit or round"
        raise InputError(
            f"{spec.path}: decisionFn '{spec.decision_fn}' does not go with costFn '{spec.cost_fn}'; "
            f"give {fitting}"
        )


def _hold_out(examples: Split, ratio: float, block: int) -> tuple[Split, Split]:
    """Splits a block of a share of the examples off: the rest, and the block."""
    size = round(ratio * len(examples))
    start = block * size
    if size == 0 or start + size > len(examples):
        raise InputError(
            f"cannot hold out block {block} of {size} of {len(examples)} examples; "
            f"change xvalidNo or heldOutRatio"
        )
    held_out = np.zeros(len(examples), bool)
    held_out[start : start + size] = True
    return examples.take(~held_out), examples.take(held_out)


def _absolute(path: str | Path | None) -> str | None:
    return None if path is None else str(Path(path).resolve())
