"""Builders of stages that cut, order, join and add the steps of sequences."""

import keras

from cocoqa_keras import layers
from cocoqa_keras.models.builders.base import (
    Context,
    builds,
    check_axis,
    check_sequences,
    check_width,
    join,
    positions_of,
    sequences_of,
)
from cocoqa_keras.models.flow import Flow
from cocoqa_keras.spec import stages


@builds(stages.Selector)
def _selector(stage: stages.Selector, flows: list[Flow], context: Context) -> Flow:
    values = join(flows)
    check_axis(stage.axis, values)
    size = values.shape[stage.axis]
    if size is not None and stage.start >= size:
        raise ValueError(f"axis {stage.axis} has {size} elements, none of them from {stage.start} on")
    selected = layers.Selector(stage.start, stage.end, stage.axis, name=stage.name)(values.tensor)
    return Flow(selected, like=values.like if stage.axis % len(values.shape) else None)


@builds(stages.TimeUnfold)
def _time_unfold(stage: stages.TimeUnfold, flows: list[Flow], context: Context) -> Flow:
    sequences = join(flows)
    if sequences.like is not None:  # a table has unfolded them already
        return sequences
    check_width(sequences)
    return Flow(layers.TimeUnfold(name=stage.name)(sequences.tensor), like=sequences.tensor)


@builds(stages.TimeFold, takes_distinct_rows=True)
def _time_fold(stage: stages.TimeFold, flows: list[Flow], context: Context) -> Flow:
    rows = join(flows)
    if rows.like is None and stage.name in context.roles.of_words:
        raise ValueError("a stage before it has lost which steps belong to which question")
    if rows.like is None or rows.like.shape[1] is not None:
        return Flow(layers.TimeFold(stage.timespan, name=stage.name)(rows.expanded().tensor))
    layer = layers.TimeFold(name=stage.name)
    if rows.positions is None:
        return Flow(layer(rows.tensor, rows.like))
    return Flow(rows.tensor, layer(rows.positions, rows.like))


@builds(stages.TimeReverse, takes_distinct_rows=True)
def _time_reverse(stage: stages.TimeReverse, flows: list[Flow], context: Context) -> Flow:
    sequences = join(flows)
    check_sequences(sequences)
    layer = layers.TimeReverse(name=stage.name)
    if not sequences.has_distinct_steps:
        return Flow(layer(sequences.expanded().tensor))
    return Flow(sequences.tensor, layer(sequences.positions, sequences.tensor))


@builds(stages.TimeFinal)
def _time_final(stage: stages.TimeFinal, flows: list[Flow], context: Context) -> Flow:
    return Flow(layers.TimeFinal(name=stage.name)(join(flows).tensor))


@builds(stages.TimeRepeat)
def _time_repeat(stage: stages.TimeRepeat, flows: list[Flow], context: Context) -> Flow:
    step = join(flows).tensor
    if len(step.shape) == 3:
        if step.shape[1] not in (1, None):
            raise ValueError("only one step can be repeated")
        step = keras.layers.Reshape((step.shape[-1],), name=f"{stage.name}_step")(step)
    return Flow(keras.layers.RepeatVector(stage.num_repeats, name=stage.name)(step))


@builds(stages.Reshape)
def _reshape(stage: stages.Reshape, flows: list[Flow], context: Context) -> Flow:
    return Flow(layers.ReshapeByExpression(stage.reshape_fn, name=stage.name)(join(flows).tensor))


@builds(stages.Concat, takes_distinct_rows=True)
def _concat(stage: stages.Concat, flows: list[Flow], context: Context) -> Flow:
    check_axis(stage.axis, flows[0])
    if stage.axis == 1 and any(flow.has_distinct_steps for flow in flows):
        parts = [
            [flow.tensor, *positions_of(flow)] if flow.has_distinct_steps else flow.expanded().tensor
            for flow in flows
        ]
        return Flow(*layers.JoinSequences(name=stage.name)(parts))
    tensors = [flow.expanded().tensor for flow in flows]
    joined = keras.layers.Concatenate(stage.axis, name=stage.name)(tensors)
    return Flow(joined, like=sequences_of(flows) if stage.axis % len(joined.shape) else None)


@builds(stages.SumOverTime, takes_distinct_rows=True)
def _sum_over_time(stage: stages.SumOverTime, flows: list[Flow], context: Context) -> Flow:
    sequences = join(flows)
    check_sequences(sequences)
    return Flow(layers.SumOverTime(name=stage.name)(sequences.tensor, *positions_of(sequences)))
