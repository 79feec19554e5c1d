"""Stages that multiply and add what they read."""

from cocoqa_keras.spec.schema import Integer, Number, Size
from cocoqa_keras.spec.stages.base import Stage, TrainableStage, stage_type


@stage_type("sum")
class SumOfParts(Stage):
    """Adds the equal parts of the last axis."""

    num_components: Size


@stage_type("elemProd")
@stage_type("componentProd")
class ProductOfHalves(Stage):
    """First half of the last axis times the second half."""


@stage_type("sumProd")
class SumOfProducts(Stage):
    """beta * sum(X1 * X2, axis), or of three inputs X3 * sum(X1 * X2, axis); the inputs are not joined."""

    sum_axis: Integer
    beta: Number = 1.0


@stage_type("innerProd")
class InnerProduct(TrainableStage):
    """X[:, 0] . X[:, 1] + w, w a single number, one at first."""


@stage_type("cosSimilarity")
class BankSimilarity(Stage):
    """The cosine of the rows from bankDim on with each of the first bankDim rows."""

    bank_dim: Size
