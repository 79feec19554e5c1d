"""A model's outputs for whole splits."""

import keras
import numpy as np
import pytest

from cocoqa_keras.data.dataset import Split
from cocoqa_keras.data.pipeline import BatchReader
from cocoqa_keras.evaluation import predictor
from cocoqa_keras.evaluation.predictor import Predictor
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("batch_size", [1, 4, 1000])
@pytest.mark.parametrize("name", ["img_bow", "vis_lstm", "bow"])
def test_outputs_come_in_the_order_of_the_examples(
    tiny_spec, tiny_dataset, tiny_features, monkeypatch, name, batch_size
):
    monkeypatch.setattr(predictor, "BATCH_SIZE", batch_size)
    model = build_model(tiny_spec(name), DatasetInfo.of(tiny_dataset, tiny_features))
    split = tiny_dataset.train  # lengths 0 to 6, mixed
    outputs = Predictor(model).predict(BatchReader.for_model(model, split, tiny_features))
    assert outputs.shape == (14, 4)
    assert outputs.dtype == np.float64
    arrays = {"question": split.questions, "image": tiny_features.read(split.image_ids - 1)}
    for row in range(len(split)):
        inputs = {key: arrays[key][row : row + 1] for key in model.input}
        np.testing.assert_allclose(outputs[row], model(inputs)[0], rtol=1e-12)


def test_dropout_is_off(tiny_spec, tiny_dataset, tiny_features):
    model = build_model(tiny_spec("vis_lstm"), DatasetInfo.of(tiny_dataset, tiny_features))
    reader = BatchReader.for_model(model, tiny_dataset.test, tiny_features)
    first, second = (Predictor(model).predict(reader) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert int(model.get_layer("dropout").masks_drawn) == 0


def test_weights_that_change_are_seen(tiny_spec, tiny_dataset):
    model = build_model(tiny_spec("bow"), DatasetInfo.of(tiny_dataset))
    reader = BatchReader.for_model(model, tiny_dataset.test, None)
    predict = Predictor(model).predict
    before = predict(reader)
    model.get_layer("softmax").kernel.assign(np.random.RandomState(0).standard_normal((6, 4)))
    assert np.abs(predict(reader) - before).min() > 0


def test_many_questions_of_few_lengths_keep_their_order(tiny_dataset):
    """The output is the first word itself, so that a row out of place shows."""
    question = keras.Input((None,), dtype="int32", name="question")
    model = keras.Model(
        {"question": question}, keras.ops.reshape(keras.ops.cast(question[:, :1], "float32"), (-1, 1))
    )
    random = np.random.RandomState(0)
    questions = random.randint(1, 10, (50, 6)).astype(np.int32)
    questions[np.arange(6) >= random.randint(1, 7, 50)[:, None]] = 0
    split = Split(np.ones(50, np.int32), questions, np.zeros(50, np.int32))
    outputs = Predictor(model).predict(BatchReader.for_model(model, split, None))
    np.testing.assert_array_equal(outputs[:, 0], questions[:, 0])
