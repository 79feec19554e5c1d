"""Builders of stages with a matrix of weights."""

from cocoqa_keras import layers
from cocoqa_keras.models.builders.base import Context, builds, check_width, finish, initializer, join
from cocoqa_keras.models.flow import Flow
from cocoqa_keras.spec import stages


@builds(stages.LookupTable)
def _lookup_table(stage: stages.LookupTable, flows: list[Flow], context: Context) -> Flow:
    ids = join(flows)
    distinct, positions = layers.DistinctIds(name=f"{stage.name}_distinct")(ids.tensor)
    layer = layers.LookupTable(stage.input_dim, stage.output_dim, initializer(stage), name=stage.name)
    rows = layer(distinct)
    finish(layer, stage, context)
    return Flow(rows, positions, ids.like)


@builds(stages.Map, takes_distinct_rows=True)
def _map(stage: stages.Map, flows: list[Flow], context: Context) -> Flow:
    has_constant = stage.bias and stage.bias_init_const >= 0
    layer = layers.AffineMap(
        stage.output_dim,
        activation="linear" if stage.active_fn == "identity" else stage.active_fn,
        use_bias=stage.bias,
        kernel_initializer=initializer(
            stage,
            bias_constant=stage.bias_init_const if has_constant else None,
            positive=stage.init_type == "positive",
        ),
        name=stage.name,
    )
    for flow in flows:
        check_width(flow)
    if len(flows) > 1:
        flows = [flow.expanded() for flow in flows]
    values = layer([flow.tensor for flow in flows] if len(flows) > 1 else flows[0].tensor)
    finish(layer, stage, context)
    return flows[0].then(values)


@builds(stages.Ordinal)
def _ordinal(stage: stages.Ordinal, flows: list[Flow], context: Context) -> Flow:
    number = join(flows)
    layer = layers.OrdinalRegression(stage.output_dim, stage.fix_extreme, name=stage.name)
    probabilities = layer(number.tensor)
    finish(layer, stage, context)
    return number.then(probabilities)
