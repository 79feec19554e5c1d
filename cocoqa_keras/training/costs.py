"""The cost functions of model files, as Keras losses."""

from abc import abstractmethod

import keras
from keras import ops

from cocoqa_keras.serialization import serializable
from cocoqa_keras.spec.model_spec import ModelSpec

TINY = 1e-8  # keeps the logarithm of a probability finite
MARGIN = 0.1  # by which the true answer should be ahead of the others

Tensor = keras.KerasTensor


def _log(probabilities: Tensor) -> Tensor:
    return ops.log(probabilities + TINY)


def _binary_cross_entropies(targets: Tensor, probabilities: Tensor) -> Tensor:
    """The cost of each output by itself, a probability of being 1."""
    return -targets * _log(probabilities) - (1 - targets) * _log(1 - probabilities)


class _IndexCost(keras.losses.Loss):
    """A cost of N examples with an output for each of A answers, of which one is true.

    Call arguments:
        y_true: (N,) or (N, 1), the true answers.
        y_pred: (N, A), an output an answer.
    """

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The cost of each example, (N,)."""
        return self._costs(ops.reshape(ops.cast(y_true, "int32"), (-1, 1)), y_pred)

    @abstractmethod
    def _costs(self, answers: Tensor, outputs: Tensor) -> Tensor:
        """The cost of each example, (N,), from the true answers, int32 (N, 1), and the outputs, (N, A)."""


def _one_hot(answers: Tensor, outputs: Tensor) -> Tensor:
    """1 for the true answer, 0 for the others, (N, A)."""
    return ops.cast(ops.arange(outputs.shape[-1], dtype="int32") == answers, outputs.dtype)


@serializable
class CrossEntropyIndex(_IndexCost):
    """-log(p[t] + 1e-8) for the probabilities p of the answers and the true answer t.

    Call arguments:
        y_true: (N,) or (N, 1), the true answers.
        y_pred: (N, A), probabilities.

    Reference:
        The 2015 program's `crossEntIdx`.
    """

    def _costs(self, answers: Tensor, outputs: Tensor) -> Tensor:
        return -_log(ops.take_along_axis(outputs, answers, axis=1)[:, 0])


@serializable
class BinaryCrossEntropy(keras.losses.Loss):
    """-t log(p + 1e-8) - (1 - t) log(1 - p + 1e-8), the mean over an example's outputs.

    Call arguments:
        y_true: as many targets as outputs, in any shape; 0 or 1, or between.
        y_pred: (N, ...), probabilities.

    Reference:
        The 2015 program's `crossEntOne`.
    """

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The cost of each example, (N,)."""
        targets = ops.reshape(y_true, ops.shape(y_pred))
        costs = _binary_cross_entropies(targets, y_pred)
        return ops.mean(costs, axis=tuple(range(1, len(y_pred.shape))))


@serializable
class BinaryCrossEntropyIndex(_IndexCost):
    """-log(p[t] + 1e-8), and -log(1 - p[a] + 1e-8) for each other answer a: every answer by itself.

    Call arguments:
        y_true: (N,) or (N, 1), the true answers.
        y_pred: (N, A), probabilities, which need not add up to one.

    Reference:
        The 2015 program's `crossEntOneIdx`.
    """

    def _costs(self, answers: Tensor, outputs: Tensor) -> Tensor:
        return ops.sum(_binary_cross_entropies(_one_hot(answers, outputs), outputs), axis=-1)


@serializable
class CumulativeBinaryCrossEntropyIndex(_IndexCost):
    """-log(p[a] + 1e-8) for each answer a above the true one, -log(1 - p[a] + 1e-8) for it and those below.

    So p[a] learns the probability that the answer is below a, which `argmaxDiff` decides by.

    Call arguments:
        y_true: (N,) or (N, 1), the true answers.
        y_pred: (N, A), probabilities.

    Reference:
        The 2015 program's `crossEntOneAccIdx`.
    """

    def _costs(self, answers: Tensor, outputs: Tensor) -> Tensor:
        is_above = ops.arange(outputs.shape[-1], dtype="int32") > answers
        return ops.sum(_binary_cross_entropies(ops.cast(is_above, outputs.dtype), outputs), axis=-1)


@serializable
class RankingLoss(_IndexCost):
    """The sum over all other answers a of max(0, 0.1 + y[a] - y[t]) for the outputs y and the true answer t.

    Call arguments:
        y_true: (N,) or (N, 1), the true answers.
        y_pred: (N, A), scores.

    Reference:
        The 2015 program's `rankingLoss`. With weights it weighs the margin of the true answer over itself as
        well, and takes it off unweighted: 0.1 (mean weight - 1) more than the weighted mean. The gradient is
        that of the weighted mean, and weights with the mean 1 make no difference.
    """

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """The mean cost of the batch, (), or the cost of each example, (N,), where there is no reduction."""
        cost = super().__call__(y_true, y_pred, sample_weight)
        if sample_weight is None:
            return cost
        surplus = MARGIN * (ops.cast(sample_weight, cost.dtype) - 1)
        return cost + (surplus if self.reduction == "none" else ops.mean(surplus))

    def _costs(self, answers: Tensor, outputs: Tensor) -> Tensor:
        lacks = ops.relu(MARGIN + outputs - ops.take_along_axis(outputs, answers, axis=1))
        return ops.sum(lacks * (1 - _one_hot(answers, outputs)), axis=-1)


@serializable
class HalfSquaredError(keras.losses.Loss):
    """Half the squared distance between output and target.

    Call arguments:
        y_true: as many targets as outputs, in any shape.
        y_pred: (N, ...), outputs.

    Reference:
        The 2015 program's `mse`.
    """

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The cost of each example, (N,)."""
        squares = ops.square(y_pred - ops.reshape(y_true, ops.shape(y_pred)))
        return ops.sum(squares, axis=tuple(range(1, len(y_pred.shape)))) / 2


@serializable
class HalfSquaredErrorIndex(_IndexCost):
    """Half the squared distance between output and a target that is 1 for the true answer, 0 for the others.

    Call arguments:
        y_true: (N,) or (N, 1), the true answers.
        y_pred: (N, A), outputs.

    Reference:
        The 2015 program's `mseEye`.
    """

    def _costs(self, answers: Tensor, outputs: Tensor) -> Tensor:
        return ops.sum(ops.square(outputs - _one_hot(answers, outputs)), axis=-1) / 2


COSTS: dict[str, type[keras.losses.Loss]] = {
    "crossEntIdx": CrossEntropyIndex,
    "crossEntOne": BinaryCrossEntropy,
    "crossEntOneIdx": BinaryCrossEntropyIndex,
    "crossEntOneAccIdx": CumulativeBinaryCrossEntropyIndex,
    "rankingLoss": RankingLoss,
    "mse": HalfSquaredError,
    "mseEye": HalfSquaredErrorIndex,
}


def cost_of(spec: ModelSpec) -> keras.losses.Loss:
    """The cost that a model is trained with, for `compile`; the mean over the batch."""
    return COSTS[spec.cost_fn]()


def by_example(cost: keras.losses.Loss) -> keras.losses.Loss:
    """The same cost without a reduction: a number for each example, (N,).

    Under a `tf.distribute` strategy the mean of Keras is that of a replica, over the number of replicas.
    """
    return type(cost).from_config({**cost.get_config(), "reduction": "none"})
