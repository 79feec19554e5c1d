"""The stage types of a model file, a class each.

A stage is one step of a model's computation. Another type joins by a class in a module here, decorated with
`stage_type`, and a builder in the module of that name in `cocoqa_keras.models.builders`.
"""

from cocoqa_keras.spec.stages.attention import AttentionPenalty
from cocoqa_keras.spec.stages.base import STAGE_TYPES, Stage, TrainableStage, stage_type
from cocoqa_keras.spec.stages.constants import ConstantValue, TrainedMatrix
from cocoqa_keras.spec.stages.convolution import Conv1d, MaxPool1d, MeanPool1d
from cocoqa_keras.spec.stages.elementwise import Active, Dropout, Normalize
from cocoqa_keras.spec.stages.graphs import Graph, Recurrent, Reference, Sequential
from cocoqa_keras.spec.stages.products import (
    BankSimilarity,
    InnerProduct,
    ProductOfHalves,
    SumOfParts,
    SumOfProducts,
)
from cocoqa_keras.spec.stages.recurrence import Lstm, OldLstm
from cocoqa_keras.spec.stages.sequences import (
    Concat,
    Reshape,
    Selector,
    SumOverTime,
    TimeFinal,
    TimeFold,
    TimeRepeat,
    TimeReverse,
    TimeUnfold,
)
from cocoqa_keras.spec.stages.weights import LookupTable, Map, Ordinal

__all__ = [
    "STAGE_TYPES",
    "Active",
    "AttentionPenalty",
    "BankSimilarity",
    "Concat",
    "ConstantValue",
    "Conv1d",
    "Dropout",
    "Graph",
    "InnerProduct",
    "LookupTable",
    "Lstm",
    "Map",
    "MaxPool1d",
    "MeanPool1d",
    "Normalize",
    "OldLstm",
    "Ordinal",
    "ProductOfHalves",
    "Recurrent",
    "Reference",
    "Reshape",
    "Selector",
    "Sequential",
    "Stage",
    "SumOfParts",
    "SumOfProducts",
    "SumOverTime",
    "TimeFinal",
    "TimeFold",
    "TimeRepeat",
    "TimeReverse",
    "TimeUnfold",
    "TrainableStage",
    "TrainedMatrix",
    "stage_type",
]
