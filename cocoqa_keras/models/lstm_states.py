"""What happens inside the LSTM of a model, to look at."""

from collections.abc import Mapping

import keras
import numpy as np

from cocoqa_keras.errors import InputError
from cocoqa_keras.layers import PeepholeLSTM
from cocoqa_keras.layers.peephole_recurrence import LSTMStates
from cocoqa_keras.suggestion import suggestion


def lstm_states(
    model: keras.Model, inputs: np.ndarray | Mapping[str, np.ndarray], stage: str = "lstm"
) -> LSTMStates:
    """Gates, cell and hidden state at every step of some questions, dropout off.

    Args:
        model: a model of `build_model`.
        inputs: what the model takes, of N examples, by name where the inputs have names.
        stage: name of the LSTM.

    Returns:
        arrays (N, T, H) of H units, T being all steps that the LSTM sees: in `vis_lstm` the image is the
        first. Zeros past the end of a question.

    Raises:
        InputError: the model has no such LSTM.
    """
    layers = {layer.name: layer for layer in model.layers if isinstance(layer, PeepholeLSTM)}
    if stage not in layers:
        raise InputError(f"model {model.name} has no LSTM '{stage}'{suggestion(stage, layers)}")
    layer = layers[stage]
    before = keras.Model(model.input, keras.tree.flatten(layer.input))
    given = dict(inputs) if isinstance(inputs, Mapping) else inputs
    states = layer.states(*before(given, training=False))
    return LSTMStates(*map(keras.ops.convert_to_numpy, states))
