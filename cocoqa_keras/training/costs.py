"""The cost functions of model files, as Keras losses."""

import keras
from keras import ops

from cocoqa_keras.errors import InputError
from cocoqa_keras.serialization import serializable
from cocoqa_keras.spec.model_spec import ModelSpec

TINY = 1e-8  # keeps the logarithm of a probability finite


@serializable
class CrossEntropyIndex(keras.losses.Loss):
    """-log(p[t] + 1e-8) for the probabilities p of the answers and the true answer t.

    Call arguments:
        y_true: (N,) or (N, 1), the true answers.
        y_pred: (N, A), probabilities.

    Reference:
        The 2015 program's `crossEntIdx`.
    """

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """The cost of each example, (N,)."""
        answers = ops.reshape(ops.cast(y_true, "int32"), (-1, 1))
        return -ops.log(ops.take_along_axis(y_pred, answers, axis=1)[:, 0] + TINY)


@serializable
class HalfSquaredError(keras.losses.Loss):
    """Half the squared distance between output and target.

    Call arguments:
        y_true: (N, D), targets.
        y_pred: (N, D), outputs.

    Reference:
        The 2015 program's `mse`.
    """

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """The cost of each example, (N,)."""
        return ops.sum(ops.square(y_pred - y_true), axis=-1) / 2


COSTS: dict[str, type[keras.losses.Loss]] = {"crossEntIdx": CrossEntropyIndex, "mse": HalfSquaredError}


def cost_of(spec: ModelSpec) -> keras.losses.Loss:
    """The cost that a model is trained with, for `compile`; the mean over the batch.

    Raises:
        InputError: the spec names a cost that cannot be trained with.
    """
    if spec.cost_fn not in COSTS:
        known = ", ".join(COSTS)
        raise InputError(f"{spec.path}: costFn '{spec.cost_fn}' cannot be trained with yet (can be: {known})")
    return COSTS[spec.cost_fn]()
