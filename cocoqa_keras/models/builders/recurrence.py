"""Builders of stages that pass through time."""

from cocoqa_keras import layers
from cocoqa_keras.models.builders.base import Context, builds, finish, initializer, join, positions_of
from cocoqa_keras.models.flow import Flow
from cocoqa_keras.spec import stages


@builds(stages.Lstm, takes_distinct_rows=True)
def _lstm(stage: stages.Lstm, flows: list[Flow], context: Context) -> Flow:
    sequences = join(flows)
    if sequences.tensor.shape[-1] != stage.input_dim:
        raise ValueError(f"inputDim is {stage.input_dim}")
    bias_constants = (1.0, 1.0, 0.0, 1.0)  # of the gates I, F, Z, O
    layer = layers.PeepholeLSTM(
        stage.output_dim,
        return_sequences=stage.multi_output,
        cut_off_zero_end=stage.cut_off_zero_end,
        gate_initializers=[
            initializer(stage, shift, constant) for shift, constant in enumerate(bias_constants)
        ],
        name=stage.name,
    )
    hidden = layer(sequences.tensor, *positions_of(sequences))
    finish(layer, stage, context)
    return Flow(hidden)
