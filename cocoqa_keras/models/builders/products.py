"""Builders of stages that multiply and add what they read."""

from cocoqa_keras import layers
from cocoqa_keras.models.builders.base import Context, builds, check_width, finish, join
from cocoqa_keras.models.flow import Flow
from cocoqa_keras.spec import stages


@builds(stages.SumOfParts)
def _sum_of_parts(stage: stages.SumOfParts, flows: list[Flow], context: Context) -> Flow:
    parts = join(flows)
    check_width(parts)
    return parts.then(layers.SumOfParts(stage.num_components, name=stage.name)(parts.tensor))


@builds(stages.ProductOfHalves)
def _product_of_halves(stage: stages.ProductOfHalves, flows: list[Flow], context: Context) -> Flow:
    halves = join(flows)
    check_width(halves)
    return halves.then(layers.ProductOfHalves(name=stage.name)(halves.tensor))


@builds(stages.SumOfProducts)
def _sum_of_products(stage: stages.SumOfProducts, flows: list[Flow], context: Context) -> Flow:
    if len(flows) not in (2, 3):
        raise ValueError("expected two factors, and perhaps a third input that multiplies their sum")
    layer = layers.SumOfProducts(stage.sum_axis, stage.beta, name=stage.name)
    return Flow(layer(*[flow.tensor for flow in flows]))


@builds(stages.InnerProduct)
def _inner_product(stage: stages.InnerProduct, flows: list[Flow], context: Context) -> Flow:
    layer = layers.InnerProduct(name=stage.name)
    products = layer(join(flows).tensor)
    finish(layer, stage, context)
    return Flow(products)


@builds(stages.BankSimilarity)
def _bank_similarity(stage: stages.BankSimilarity, flows: list[Flow], context: Context) -> Flow:
    return Flow(layers.BankSimilarity(stage.bank_dim, name=stage.name)(join(flows).tensor))
