"""Builders of stages that pass through time."""

import keras

from cocoqa_keras import layers
from cocoqa_keras.models.builders.base import (
    Context,
    builds,
    check_sequences,
    finish,
    initializer,
    join,
    positions_of,
)
from cocoqa_keras.models.flow import Flow
from cocoqa_keras.spec import stages


@builds(stages.Lstm, takes_distinct_rows=True)
def _lstm(stage: stages.Lstm, flows: list[Flow], context: Context) -> Flow:
    inputs = join(flows)
    sequences = inputs if stage.multi_input else _first_step_of(inputs, stage)
    bias_constants = (1.0, 1.0, 0.0, 1.0)  # of the gates I, F, Z, O
    layer = layers.PeepholeLSTM(
        stage.output_dim,
        return_sequences=stage.multi_output,
        cut_off_zero_end=stage.cut_off_zero_end and stage.multi_input,
        gate_initializers=[
            initializer(stage, shift, constant) for shift, constant in enumerate(bias_constants)
        ],
        gradient_past_end=stage.cut_off_zero_end and stage.multi_input,
        name=stage.name,
    )
    return _run(layer, sequences, stage, context)


@builds(stages.OldLstm, takes_distinct_rows=True)
def _old_lstm(stage: stages.OldLstm, flows: list[Flow], context: Context) -> Flow:
    layer = layers.OneMatrixLSTM(
        stage.output_dim,
        return_sequences=stage.multi_output,
        cut_off_zero_end=stage.cut_off_zero_end,
        matrix_initializer=layers.OneMatrixLSTMUniform(stage.init_seed % 2**32, stage.init_range),
        name=stage.name,
    )
    return _run(layer, join(flows), stage, context)


def _first_step_of(inputs: Flow, stage: stages.Lstm) -> Flow:
    """Sequences of `timespan` steps that begin with the input, (N, D), and are zero from then on."""
    step = inputs.expanded().tensor
    if len(step.shape) != 2:
        raise ValueError("with multiInput false the input has 2 axes")
    step = keras.layers.Reshape((1, step.shape[-1]), name=f"{stage.name}_step")(step)
    return Flow(keras.layers.ZeroPadding1D((0, stage.timespan - 1), name=f"{stage.name}_steps")(step))


def _run(
    layer: layers.PeepholeLSTM, sequences: Flow, stage: stages.Lstm | stages.OldLstm, context: Context
) -> Flow:
    check_sequences(sequences)
    if sequences.tensor.shape[-1] != stage.input_dim:
        raise ValueError(f"inputDim is {stage.input_dim}")
    hidden = layer(sequences.tensor, *positions_of(sequences))
    finish(layer, stage, context)
    return Flow(hidden)
