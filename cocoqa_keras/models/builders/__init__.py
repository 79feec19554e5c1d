"""From stages to layers: one small function a stage type, in one table."""

from cocoqa_keras.models.builders import elementwise, recurrence, sequences, weights  # noqa: F401
from cocoqa_keras.models.builders.base import BUILDERS, TAKES_DISTINCT_ROWS, Context, join

__all__ = ["BUILDERS", "TAKES_DISTINCT_ROWS", "Context", "join"]
