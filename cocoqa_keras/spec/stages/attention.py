"""Stages that deal with attention."""

from cocoqa_keras.spec.schema import NonNegative
from cocoqa_keras.spec.stages.base import Stage, stage_type


@stage_type("attentionPenalty")
class AttentionPenalty(Stage):
    """Adds the gradient of errorConst / 2 * |sum_t a_t - T / K|^2 to that of its input, (N, T, K).

    Its value is its input: what reads the attention reads it from here.
    """

    error_const: NonNegative
