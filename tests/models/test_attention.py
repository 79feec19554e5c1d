"""The weights that VIS+ATTENTION gives the image and each word of a question."""

import keras
import numpy as np
import pytest

from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.models.stage_weights import layers_by_name

LENGTHS = (6, 3, 1, 0)  # words


@pytest.fixture
def model(float64, tiny_spec, tiny_dataset, tiny_features):
    """The model with weights so large that it attends to some words and not to others."""
    model = build_model(tiny_spec("vis_attention"), DatasetInfo.of(tiny_dataset, tiny_features))
    random = np.random.RandomState(1)
    for weight in model.trainable_weights:
        weight.assign(random.standard_normal(weight.shape) * 0.7)
    return model


@pytest.fixture
def steps(model):
    """What is read, (N, T, D): the image, then the words; and what each step keeps and takes, (N, T, 2)."""
    random = np.random.RandomState(0)
    question = random.randint(1, 10, (len(LENGTHS), 6)).astype("int32")
    question[np.arange(6) >= np.array(LENGTHS)[:, None]] = 0
    image = np.abs(random.standard_normal((len(LENGTHS), 10)))
    attention = model.get_layer("attention")
    reader = keras.Model(model.input, [attention.input, attention.output, model.get_layer("summary").output])
    read, attended, summary = (value.numpy() for value in reader({"question": question, "image": image}))
    return read, attended[..., -2:], attended[..., :-2], summary


def test_the_memory_is_the_mean_of_image_and_words_by_weights_that_sum_to_1(steps):
    read, keep_and_take, _, summary = steps
    for row, length in enumerate(LENGTHS):
        keep, take = keep_and_take[row, : length + 1].T
        weights = [take[step] * np.prod(keep[step + 1 :]) for step in range(length + 1)]
        start = np.prod(keep)  # of the empty memory before the first step
        assert min(start, *weights) >= 0
        assert start + sum(weights) == pytest.approx(1, abs=1e-14)
        np.testing.assert_allclose(summary[row], weights @ read[row, : length + 1], atol=1e-14)
        assert not keep_and_take[row, length + 1 :].any()  # nothing is read past the end


def test_each_step_weighs_what_it_reads_by_the_image_and_the_memory(model, steps):
    read, keep_and_take, memory, _ = steps
    layers = layers_by_name(model)
    kernel = np.hstack([layers[name].kernel for name in ("keepScore", "takeScore")])
    for row, length in enumerate(LENGTHS):
        for step in range(length + 1):
            before = memory[row, step - 1] if step else np.zeros(5)
            scores = np.concatenate([read[row, step], read[row, 0], before, [1]]) @ kernel
            np.testing.assert_allclose(
                keep_and_take[row, step], np.exp(scores) / np.exp(scores).sum(), atol=1e-13
            )


def test_words_are_told_apart(steps):
    """Else the tests above would pass for a plain mean."""
    _, keep_and_take, _, _ = steps
    assert np.ptp(keep_and_take[0, :, 1]) > 0.5
