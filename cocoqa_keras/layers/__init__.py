"""Keras layers of the models, a public class a file; each saves, loads and exports."""

from cocoqa_keras.layers.affine_map import AffineMap
from cocoqa_keras.layers.batch_dropout import BatchDropout
from cocoqa_keras.layers.distinct_ids import DistinctIds
from cocoqa_keras.layers.feature_normalization import FeatureNormalization
from cocoqa_keras.layers.initializers import RandomStateUniform
from cocoqa_keras.layers.join_sequences import JoinSequences
from cocoqa_keras.layers.lookup_table import LookupTable
from cocoqa_keras.layers.peephole_lstm import PeepholeLSTM
from cocoqa_keras.layers.selector import Selector
from cocoqa_keras.layers.sum_over_time import SumOverTime
from cocoqa_keras.layers.take_rows import TakeRows
from cocoqa_keras.layers.time_fold import TimeFold
from cocoqa_keras.layers.time_reverse import TimeReverse
from cocoqa_keras.layers.time_unfold import TimeUnfold

__all__ = [
    "AffineMap",
    "BatchDropout",
    "DistinctIds",
    "FeatureNormalization",
    "JoinSequences",
    "LookupTable",
    "PeepholeLSTM",
    "RandomStateUniform",
    "Selector",
    "SumOverTime",
    "TakeRows",
    "TimeFold",
    "TimeReverse",
    "TimeUnfold",
]
