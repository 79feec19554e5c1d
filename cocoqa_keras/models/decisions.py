"""The decisions of model files: what turns a model's outputs into answers."""

from collections.abc import Callable

import keras
from keras import ops

Tensor = keras.KerasTensor


def argmax(outputs: Tensor) -> Tensor:
    """The position of the highest output, (..., A) -> int32 (...); of equal ones the first counts.

    Reference:
        The 2015 program's `argmax`.
    """
    return ops.cast(ops.argmax(outputs, axis=-1), "int32")


def differences(outputs: Tensor) -> Tensor:
    """By how much each output is below the next one, (..., A); 0 for the last, which has no next one.

    Where output k is the probability that the answer is below k, as `crossEntOneAccIdx` trains it, these
    are the probabilities of the answers themselves, but for the last.
    """
    return ops.concatenate([ops.diff(outputs, axis=-1), ops.zeros_like(outputs[..., :1])], axis=-1)


def argmax_difference(outputs: Tensor) -> Tensor:
    """The position of the highest of the `differences`, (..., A) -> int32 (...).

    Reference:
        The 2015 program's `argmaxDiff`.
    """
    return argmax(differences(outputs))


def hard_limit(outputs: Tensor) -> Tensor:
    """1 for each output above 0.5, else 0; int32 of the same shape.

    Reference:
        The 2015 program's `hardLimit`.
    """
    return ops.cast(outputs > 0.5, "int32")


def nearest_integer(outputs: Tensor) -> Tensor:
    """The nearest integer to each output, the even one of two; int32 of the same shape.

    Reference:
        The 2015 program's `round`.
    """
    return ops.cast(ops.round(outputs), "int32")


DECISIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "argmax": argmax,
    "argmaxDiff": argmax_difference,
    "hardLimit": hard_limit,
    "round": nearest_integer,
}
DECISIONS_OF_A_NUMBER = ("hardLimit", "round")  # the answer's id is made of a single output


def decided_answers(decision: str, outputs: Tensor) -> Tensor:
    """The answer that is decided for each example, int32 (N,).

    It is none of the answers where a number is below the first or above the last of them.

    Args:
        decision: its name in `DECISIONS`.
        outputs: (N, A), or (N, 1) for a decision of a number.
    """
    return ops.reshape(DECISIONS[decision](outputs), (-1,))


def answer_scores(decision: str, outputs: Tensor, answer_count: int) -> Tensor:
    """Outputs as scores of the answers, the decided answer highest.

    Args:
        decision: its name in `DECISIONS`.
        outputs: (N, A), or (N, 1) for a decision of a number.
        answer_count: A, the number of answers.

    Returns:
        (N, A): the outputs or, for `argmaxDiff`, their differences. For a decision of a number, 0 for the
        decided answer, which is the first or the last where the number is beyond them, and minus the
        distance from the number for the others.
    """
    if decision == "argmax":
        return outputs
    if decision == "argmaxDiff":
        return differences(outputs)
    decided = ops.clip(DECISIONS[decision](outputs), 0, answer_count - 1)
    answers = ops.arange(answer_count, dtype="int32")
    distances = ops.abs(ops.cast(answers, outputs.dtype) - outputs)
    return ops.where(answers == decided, ops.zeros_like(distances), -distances)
