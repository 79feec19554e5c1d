"""The stage types of a model file, a class each.

A stage is one step of a model's computation. Another type joins by a class in a module here, decorated with
`stage_type`, and a builder in the module of that name in `cocoqa_keras.models.builders`.
"""

from cocoqa_keras.spec.stages.base import STAGE_TYPES, Stage, TrainableStage, stage_type
from cocoqa_keras.spec.stages.elementwise import Dropout, Normalize
from cocoqa_keras.spec.stages.recurrence import Lstm
from cocoqa_keras.spec.stages.sequences import (
    Concat,
    Selector,
    SumOverTime,
    TimeFold,
    TimeReverse,
    TimeUnfold,
)
from cocoqa_keras.spec.stages.weights import LookupTable, Map

__all__ = [
    "STAGE_TYPES",
    "Concat",
    "Dropout",
    "LookupTable",
    "Lstm",
    "Map",
    "Normalize",
    "Selector",
    "Stage",
    "SumOverTime",
    "TimeFold",
    "TimeReverse",
    "TimeUnfold",
    "TrainableStage",
    "stage_type",
]
