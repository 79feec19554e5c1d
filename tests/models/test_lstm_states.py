"""Looking inside the LSTM of a model."""

import numpy as np
import pytest

from cocoqa_keras.data.pipeline import BatchReader
from cocoqa_keras.errors import InputError
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.lstm_states import lstm_states
from cocoqa_keras.models.sizes import DatasetInfo


def model_and_inputs(spec, dataset, features):
    model = build_model(spec, DatasetInfo.of(dataset, features))
    reader = BatchReader.for_model(model, dataset.test, features)
    return model, reader.read(np.arange(len(dataset.test)))


@pytest.mark.parametrize("name, first_word", [("lstm", 0), ("vis_lstm", 1)])
def test_the_last_hidden_state_is_what_the_answer_is_made_of(
    name, first_word, tiny_spec, tiny_dataset, tiny_features
):
    model, inputs = model_and_inputs(tiny_spec(name), tiny_dataset, tiny_features)
    states = lstm_states(model, inputs)
    last = tiny_dataset.test.lengths + first_word - 1
    final = states.hidden[np.arange(len(last)), last]
    softmax = model.get_layer("softmax")
    np.testing.assert_allclose(softmax(final), model(inputs, training=False), rtol=1e-5)
    assert states.hidden.shape == (10, inputs["question"].shape[1] + first_word, 3)
    assert not states.cell[np.arange(states.cell.shape[1]) > last[:, None]].any()


def test_each_lstm_of_a_model_is_found_by_its_name(tiny_spec, tiny_dataset, tiny_features):
    model, inputs = model_and_inputs(tiny_spec("2_vis_blstm"), tiny_dataset, tiny_features)
    forward, backward = lstm_states(model, inputs, "lstmF"), lstm_states(model, inputs, "lstmB")
    assert forward.hidden.shape == backward.hidden.shape
    assert not np.allclose(forward.hidden, backward.hidden)


def test_a_stage_that_is_no_lstm_is_refused(tiny_spec, tiny_dataset, tiny_features):
    model, inputs = model_and_inputs(tiny_spec("2_vis_blstm"), tiny_dataset, tiny_features)
    with pytest.raises(InputError, match=r"no LSTM 'lstm' \(did you mean 'lstm[FB]'\?\)"):
        lstm_states(model, inputs)
    with pytest.raises(InputError, match="no LSTM 'answer' "):
        lstm_states(model, inputs, "answer")
