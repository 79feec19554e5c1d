"""Keras layers of the models, a public class a file; each saves, loads and exports."""

from cocoqa_keras.layers.affine_map import AffineMap
from cocoqa_keras.layers.attention_penalty import AttentionPenalty
from cocoqa_keras.layers.bank_similarity import BankSimilarity
from cocoqa_keras.layers.batch_dropout import BatchDropout
from cocoqa_keras.layers.constant_value import ConstantValue
from cocoqa_keras.layers.distinct_ids import DistinctIds
from cocoqa_keras.layers.feature_normalization import FeatureNormalization
from cocoqa_keras.layers.initializers import OneMatrixLSTMUniform, RandomStateUniform
from cocoqa_keras.layers.inner_product import InnerProduct
from cocoqa_keras.layers.join_sequences import JoinSequences
from cocoqa_keras.layers.lookup_table import LookupTable
from cocoqa_keras.layers.matrix_convolution import MatrixConvolution
from cocoqa_keras.layers.one_matrix_lstm import OneMatrixLSTM
from cocoqa_keras.layers.ordinal_regression import OrdinalRegression
from cocoqa_keras.layers.part_max_pooling import PartMaxPooling
from cocoqa_keras.layers.part_mean_pooling import PartMeanPooling
from cocoqa_keras.layers.peephole_lstm import PeepholeLSTM
from cocoqa_keras.layers.product_of_halves import ProductOfHalves
from cocoqa_keras.layers.recurrent_graph import RecurrentGraph
from cocoqa_keras.layers.reshape_by_expression import ReshapeByExpression
from cocoqa_keras.layers.selector import Selector
from cocoqa_keras.layers.sum_of_parts import SumOfParts
from cocoqa_keras.layers.sum_of_products import SumOfProducts
from cocoqa_keras.layers.sum_over_time import SumOverTime
from cocoqa_keras.layers.take_rows import TakeRows
from cocoqa_keras.layers.time_final import TimeFinal
from cocoqa_keras.layers.time_fold import TimeFold
from cocoqa_keras.layers.time_reverse import TimeReverse
from cocoqa_keras.layers.time_unfold import TimeUnfold
from cocoqa_keras.layers.trained_matrix import TrainedMatrix

__all__ = [
    "AffineMap",
    "AttentionPenalty",
    "BankSimilarity",
    "BatchDropout",
    "ConstantValue",
    "DistinctIds",
    "FeatureNormalization",
    "InnerProduct",
    "JoinSequences",
    "LookupTable",
    "MatrixConvolution",
    "OneMatrixLSTM",
    "OneMatrixLSTMUniform",
    "OrdinalRegression",
    "PartMaxPooling",
    "PartMeanPooling",
    "PeepholeLSTM",
    "ProductOfHalves",
    "RandomStateUniform",
    "RecurrentGraph",
    "ReshapeByExpression",
    "Selector",
    "SumOfParts",
    "SumOfProducts",
    "SumOverTime",
    "TakeRows",
    "TimeFinal",
    "TimeFold",
    "TimeReverse",
    "TimeUnfold",
    "TrainedMatrix",
]
