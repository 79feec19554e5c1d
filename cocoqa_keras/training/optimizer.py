"""Stochastic gradient descent with settings of its own for every stage of a model."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import keras
import tensorflow as tf

from cocoqa_keras.serialization import serializable
from cocoqa_keras.spec.model_spec import ModelSpec
from cocoqa_keras.spec.stages import TrainableStage
from cocoqa_keras.training.row_momentum import RowMomentum
from cocoqa_keras.training.weight_clip import WeightClip


@dataclass(frozen=True)
class StageSettings:
    """How the weights of one stage are updated; a clip of zero is off.

    Attributes:
        stage: name of the stage, and so of its layer.
        learning_rate: at first.
        learning_rate_decay: after epoch e (from 0) the rate becomes learning_rate / (1 + decay e).
        momentum: at first.
        momentum_decay: taken off the momentum after each epoch.
        gradient_clip: largest norm of a weight's gradient.
        weight_clip: largest norm of a weight.
        weight_decay: share of the weight, times the learning rate, that each step takes off.
    """

    stage: str
    learning_rate: float
    learning_rate_decay: float = 0.0
    momentum: float = 0.0
    momentum_decay: float = 0.0
    gradient_clip: float = 0.0
    weight_clip: float = 0.0
    weight_decay: float = 0.0

    @classmethod
    def of(cls, stage: TrainableStage) -> "StageSettings":
        """The settings that a model file gives a stage."""
        return cls(
            stage=stage.name,
            learning_rate=stage.learning_rate,
            learning_rate_decay=stage.learning_rate_anneal_const,
            momentum=stage.momentum,
            momentum_decay=stage.delta_momentum,
            gradient_clip=stage.gradient_clip,
            weight_clip=stage.weight_clip,
            weight_decay=stage.weight_reg_const,
        )

    @property
    def moves_rows_lazily(self) -> bool:
        """Whether the motion of a row that no gradient touches has a closed form."""
        return not self.changes_by_epoch and not self.weight_decay and self.momentum < 1

    @property
    def changes_by_epoch(self) -> bool:
        """Whether rate or momentum depend on the epoch."""
        return bool(self.learning_rate_decay or self.momentum_decay)


@serializable
class StagewiseSGD(keras.optimizers.Optimizer):
    """Momentum with gradient clip, weight decay and weight clip, set stage by stage.

    For each weight W of a stage (each gate of an LSTM is a weight, its bias a row of it), with the gradient
    g of the batch's mean cost and Euclidean norms over the whole matrix:

        g *= gradient_clip / |g|   where |g| > gradient_clip
        v = momentum v - learning_rate g
        W += v
        W -= learning_rate weight_decay W
        W *= weight_clip / |W|     where |W| > weight_clip

    If the norm of any gradient, or the loss where `apply` is given it, is not finite, a step updates nothing.

    A table of word vectors moves row by row, where the rule allows it, at the cost of the rows that a batch
    touches (see `row_momentum`). The updates are the same; `settle` brings all rows up to date.

    Once built, `weights_updated` lists the weights and `settings_by_weight` their settings; `gradient_norms`
    holds |g| of the last update, before the clip, a scalar for each weight; `skipped_batches` is the number
    of steps that updated nothing. The optimizer's own `learning_rate`, one at first, multiplies every
    stage's: Keras's schedules and callbacks act through it.

    Args:
        settings: one `StageSettings` (or its dictionary) for each stage that is trained.
        steps_per_epoch: batches of an epoch; only needed where a stage's rate or momentum change by epoch.
        learning_rate: factor on all learning rates.

    Raises:
        ValueError: a weight that belongs to no stage or to several, on `build`; a stage that changes by
            epoch without `steps_per_epoch`.

    Reference:
        The 2015 program's training step. Its annealing of the learning rate never took effect because it
        looked for a misspelt key; here it does.
    """

    def __init__(
        self,
        settings: Sequence[StageSettings | dict],
        steps_per_epoch: int | None = None,
        learning_rate: float = 1.0,
        name: str = "stagewise_sgd",
        **kwargs: object,
    ) -> None:
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.settings = [s if isinstance(s, StageSettings) else StageSettings(**s) for s in settings]
        self.steps_per_epoch = steps_per_epoch
        changing = [s.stage for s in self.settings if s.changes_by_epoch]
        if changing and not steps_per_epoch:
            raise ValueError(
                f"stage '{changing[0]}' changes by epoch: give steps_per_epoch, the batches of an epoch"
            )

    @classmethod
    def from_spec(cls, spec: ModelSpec, steps_per_epoch: int | None = None) -> "StagewiseSGD":
        """The optimizer that a model file describes.

        Args:
            spec: the model file.
            steps_per_epoch: batches of an epoch, where a stage's rate or momentum change by epoch.
        """
        trained = [s for s in spec.all_stages if isinstance(s, TrainableStage) and not s.is_frozen]
        return cls([StageSettings.of(stage) for stage in trained], steps_per_epoch)

    def build(self, variables: list[keras.Variable]) -> None:
        """Makes the velocity and the gradient norm of each weight."""
        if self.built:
            return
        super().build(variables)
        self.weights_updated = list(variables)
        self.settings_by_weight = [self._find_settings(variable) for variable in variables]
        self.gradient_norms = [
            self.add_variable((), dtype=v.dtype, name=f"gradient_norm_{index}")
            for index, v in enumerate(variables)
        ]
        self.skipped_batches = self.add_variable((), dtype="int64", name="skipped_batches")
        self._tables: dict[int, RowMomentum] = {}
        self._velocities: dict[int, keras.Variable] = {}
        self._clips: dict[int, WeightClip] = {}
        for index, (variable, settings) in enumerate(zip(variables, self.settings_by_weight, strict=True)):
            if variable.name == "embeddings" and settings.moves_rows_lazily:
                rows = RowMomentum(variable, settings.momentum, self, str(index))
                self._tables[index] = variable.pending_motion = rows
                continue
            self._velocities[index] = self.add_variable_from_reference(variable, name="velocity")
            if settings.weight_clip:
                bounds = self.add_variable((2,), dtype="float64", name=f"bounds_{index}")
                self._clips[index] = WeightClip(variable, bounds, settings.weight_clip)

    def settle(self) -> None:
        """Moves every row of every table to where it is by now: call it before reading weights in training.

        The layers do so when they are saved, and `fit` does at its end.
        """
        for table in self._tables.values():
            table.settle()

    def finalize_variable_values(self, var_list: list[keras.Variable]) -> None:
        """Settles the tables; Keras calls it at the end of `fit`."""
        super().finalize_variable_values(var_list)
        self.settle()

    def _find_settings(self, variable: keras.Variable) -> StageSettings:
        owners = [settings for settings in self.settings if settings.stage in variable.path.split("/")[:-1]]
        if len(owners) != 1:
            found = "no stage" if not owners else f"the stages {', '.join(s.stage for s in owners)}"
            stages = ", ".join(s.stage for s in self.settings)
            raise ValueError(
                f"weight '{variable.path}' belongs to {found}; each must belong to one of: {stages}"
            )
        return owners[0]

    def apply(
        self,
        grads: Sequence[tf.Tensor | tf.IndexedSlices],
        trainable_variables: Sequence[keras.Variable] | None = None,
        loss: tf.Tensor | float = 0.0,
    ) -> None:
        """Updates all weights, or none where a number is not finite; `iterations` counts the step either way.

        Args:
            grads: a gradient for each weight.
            trainable_variables: the weights; by default those that the optimizer was built with.
            loss: what the gradients are of, (), if it is to be finite as well.
        """
        # Keras hands nothing but the gradients on to `_backend_update_step`.
        context = tf.distribute.get_replica_context()
        self._loss = context.all_reduce(tf.distribute.ReduceOp.SUM, loss) if context else loss
        super().apply(grads, trainable_variables)

    def _backend_update_step(
        self,
        grads: Sequence[tf.Tensor | tf.IndexedSlices],
        trainable_variables: Sequence[keras.Variable],
        learning_rate: tf.Tensor,
    ) -> None:
        """Keras's place for the sum over replicas and the updates; here of all weights or none."""
        variables = [variable.value for variable in trainable_variables]
        if tf.distribute.in_cross_replica_context():  # where `TrainingStep` has summed the gradients
            measured = self._distribution_strategy.run(_measure, (grads, self._loss))
            self._update_all_or_none(self._distribution_strategy, variables, *measured, learning_rate)
            return
        summed = self._all_reduce_sum_gradients(zip(grads, variables, strict=True))
        tf.__internal__.distribute.interim.maybe_merge_call(
            self._update_all_or_none,
            self._distribution_strategy,
            variables,
            *_measure([gradient for gradient, _ in summed], self._loss),
            learning_rate,
        )

    def _update_all_or_none(
        self,
        distribution: tf.distribute.Strategy,
        variables: Sequence[tf.Variable],
        gradients: Sequence[tf.Tensor | tf.IndexedSlices],
        norms: Sequence[tf.Tensor],
        is_finite: tf.Tensor,
        learning_rate: tf.Tensor,
    ) -> None:
        def update_all() -> None:
            for variable, gradient, norm in zip(variables, gradients, norms, strict=True):
                arguments = (gradient, norm, learning_rate)
                distribution.extended.update(variable, self._update, args=arguments, group=False)

        def skip() -> None:
            self.skipped_batches.assign_add(1)

        tf.cond(distribution.experimental_local_results(is_finite)[0], update_all, skip)

    def _update(
        self,
        variable: tf.Variable,
        gradient: tf.Tensor | tf.IndexedSlices,
        norm: tf.Tensor,
        learning_rate: tf.Tensor,
    ) -> None:
        """Updates one weight by a gradient in which no row is twice, and its norm."""
        index = self._get_variable_index(variable)
        settings = self.settings_by_weight[index]
        rate, momentum = self.rate_and_momentum(settings, learning_rate, variable.dtype)
        self.gradient_norms[index].assign(norm)
        step = rate * _clip_factor(norm, settings.gradient_clip)
        if index in self._tables:
            table = self._tables[index]
            table.update(*_rows(gradient), step)
            if settings.weight_clip:
                table.clip(settings.weight_clip)
            return
        velocity = self._velocities[index].value
        _move(variable, velocity, momentum, step, tf.convert_to_tensor(gradient))
        if settings.weight_decay:
            variable.assign_sub(variable * (rate * settings.weight_decay))
        if index in self._clips:
            self._clips[index].apply(momentum, step * norm, self.iterations.value)

    def rate_and_momentum(
        self, settings: StageSettings, factor: tf.Tensor | keras.Variable, dtype: tf.DType
    ) -> tuple[tf.Tensor, tf.Tensor | float]:
        """The learning rate and the momentum of a stage in the present epoch.

        Args:
            settings: the stage's.
            factor: of all learning rates, the optimizer's own `learning_rate`.
            dtype: of the rate.
        """
        rate = tf.cast(factor, dtype) * settings.learning_rate
        if not settings.changes_by_epoch:
            return rate, settings.momentum
        epoch = tf.cast(self.iterations.value // self.steps_per_epoch, dtype)
        # The rate after epoch e divides by 1 + decay e, so it first falls in the third epoch.
        rate /= 1 + settings.learning_rate_decay * tf.maximum(epoch - 1, 0)
        return rate, settings.momentum - settings.momentum_decay * epoch

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {
            **super().get_config(),
            "settings": [asdict(settings) for settings in self.settings],
            "steps_per_epoch": self.steps_per_epoch,
        }


def _measure(
    gradients: Sequence[tf.Tensor | tf.IndexedSlices], loss: tf.Tensor
) -> tuple[list[tf.Tensor | tf.IndexedSlices], list[tf.Tensor], tf.Tensor]:
    """The gradients, no row of which is twice, their norms, and whether these and the loss are finite."""
    gradients = [_sum_duplicates(gradient) for gradient in gradients]
    norms = [gradient_norm(gradient) for gradient in gradients]
    return gradients, norms, tf.reduce_all([tf.math.is_finite(number) for number in (loss, *norms)])


def _sum_duplicates(gradient: tf.Tensor | tf.IndexedSlices) -> tf.Tensor | tf.IndexedSlices:
    """A sparse gradient holds a row for each occurrence of a word; their sum is what has a norm."""
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    rows, position = tf.unique(gradient.indices)
    values = tf.math.unsorted_segment_sum(gradient.values, position, tf.size(rows))
    return tf.IndexedSlices(values, rows, gradient.dense_shape)


def gradient_norm(gradient: tf.Tensor | tf.IndexedSlices) -> tf.Tensor:
    """Euclidean norm of a gradient, (); of a sparse one, in which no row is twice."""
    values = gradient.values if isinstance(gradient, tf.IndexedSlices) else gradient
    return tf.sqrt(2 * tf.nn.l2_loss(values))


def _clip_factor(norm: tf.Tensor, limit: float) -> tf.Tensor:
    """What brings a norm down to a limit; one below it, or without a limit."""
    return tf.where(norm > limit, limit / norm, tf.ones_like(norm)) if limit else tf.ones_like(norm)


def _rows(gradient: tf.Tensor | tf.IndexedSlices) -> tuple[tf.Tensor, tf.Tensor]:
    """The rows that a gradient touches, and its values there."""
    if isinstance(gradient, tf.IndexedSlices):
        return gradient.indices, gradient.values
    return tf.range(tf.shape(gradient)[0]), gradient


def _move(
    variable: tf.Variable,
    velocity: tf.Variable,
    momentum: tf.Tensor | float,
    step: tf.Tensor,
    gradient: tf.Tensor,
) -> None:
    """Velocity = momentum velocity - step gradient; variable += velocity, in one pass over memory."""
    tf.raw_ops.ResourceApplyKerasMomentum(
        var=variable.handle,
        accum=velocity.handle,
        lr=step,
        grad=gradient,
        momentum=momentum,
    )
