"""Builders of stages that deal with attention."""

from cocoqa_keras import layers
from cocoqa_keras.models.builders.base import Context, builds, join
from cocoqa_keras.models.flow import Flow
from cocoqa_keras.spec import stages


@builds(stages.AttentionPenalty)
def _attention_penalty(stage: stages.AttentionPenalty, flows: list[Flow], context: Context) -> Flow:
    attention = join(flows)
    return attention.then(layers.AttentionPenalty(stage.error_const, name=stage.name)(attention.tensor))
