"""From stages to layers: one small function a stage type, in one table."""

from cocoqa_keras.models.builders import (  # noqa: F401
    attention,
    constants,
    convolution,
    elementwise,
    graphs,
    products,
    recurrence,
    sequences,
    weights,
)
from cocoqa_keras.models.builders.base import BUILDERS, TAKES_DISTINCT_ROWS, Context, build_stage, join

__all__ = ["BUILDERS", "TAKES_DISTINCT_ROWS", "Context", "build_stage", "join"]
