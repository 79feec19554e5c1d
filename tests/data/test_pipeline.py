"""Batches of questions and image rows."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.data.dataset import Split
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.data.pipeline import BatchReader, EpochOrders
from cocoqa_keras.errors import InputError

BOTH = {"question": "int32", "image": "float32"}


@pytest.fixture
def reader(tiny_dataset, tiny_features):
    return BatchReader(tiny_dataset.train, BOTH, tiny_features)


def in_order(count):
    return lambda epoch: np.arange(count)


def test_batches_come_in_order_trimmed_and_the_last_one_is_smaller(reader, tiny_features):
    split = reader.split
    batches = list(reader.batches(in_order(14), 1, 4))
    assert [len(answers) for _, answers in batches] == [4, 4, 4, 2]
    for start, (inputs, answers) in zip(range(0, 14, 4), batches, strict=True):
        rows = slice(start, start + 4)
        longest = np.count_nonzero(split.questions[rows], axis=1).max()
        assert inputs["question"].dtype == tf.int32
        assert answers.dtype == tf.int32
        np.testing.assert_array_equal(inputs["question"], split.questions[rows, :longest])
        np.testing.assert_array_equal(inputs["image"], tiny_features.read(split.image_ids[rows] - 1))
        np.testing.assert_array_equal(answers, split.answers[rows])
    assert batches[-1][0]["question"].shape == (2, 6)
    assert batches[0][0]["question"].shape == (4, 3)


@given(data=st.data(), batch_size=st.integers(1, 20), epochs=st.integers(1, 3))
@settings(max_examples=15)
def test_every_epoch_reads_its_examples_in_its_order(tiny_dataset, data, batch_size, epochs):
    orders = [data.draw(st.lists(st.integers(0, 13), min_size=1, max_size=14)) for _ in range(epochs)]
    reader = BatchReader(tiny_dataset.train, {"question": "int32"})
    batches = list(reader.batches(lambda epoch: np.array(orders[epoch]), epochs, batch_size))
    sizes = [
        min(batch_size, len(order) - start) for order in orders for start in range(0, len(order), batch_size)
    ]
    assert [len(answers) for _, answers in batches] == sizes
    rows = [row for order in orders for row in order]
    np.testing.assert_array_equal(
        np.concatenate([answers for _, answers in batches]), tiny_dataset.train.answers[rows]
    )
    start = 0
    for inputs, answers in batches:
        width = inputs["question"].shape[1]
        questions = tiny_dataset.train.questions[rows[start : start + len(answers)]]
        np.testing.assert_array_equal(inputs["question"], questions[:, :width])
        assert not questions[:, width:].any()
        start += len(answers)


def test_questions_without_a_word_keep_one_step(tiny_dataset):
    reader = BatchReader(tiny_dataset.train.take(np.array([0, 7])), {"question": "int32"})
    ((inputs, _),) = reader.batches(in_order(2), 1, 2)
    np.testing.assert_array_equal(inputs["question"], [[0], [0]])


def test_only_what_the_model_takes_is_read_and_in_its_precision(tiny_dataset, tiny_features):
    for inputs in ({"question": "int32"}, {"image": "float64"}):
        reader = BatchReader(tiny_dataset.train, inputs, tiny_features)
        spec = reader.batches(in_order(14), 1, 4).element_spec[0]
        assert {name: tensor.dtype.name for name, tensor in spec.items()} == inputs
        batch = next(iter(reader.batches(in_order(14), 1, 4)))[0]
        assert {name: tensor.dtype.name for name, tensor in batch.items()} == inputs


def test_shapes_are_known_where_they_can_be(reader):
    inputs, answers = reader.batches(in_order(14), 1, 4).element_spec
    assert inputs["question"].shape.as_list() == [None, None]
    assert inputs["image"].shape.as_list() == [None, 10]
    assert answers.shape.as_list() == [None]


def test_another_split_is_read_in_the_same_way(reader, tiny_dataset):
    other = reader.of(tiny_dataset.test)
    assert (other.split, other.inputs, other.features) == (tiny_dataset.test, reader.inputs, reader.features)


def test_bad_features_end_in_the_error_that_names_file_and_row(tmp_path):
    path = tmp_path / "features.h5"
    matrix = np.ones((3, 4), np.float32)
    write_features(path, matrix)
    import h5py

    with h5py.File(path, "r+") as file:
        file["hidden7_data"][9] = np.nan  # row 2
    split = Split(np.array([1, 2, 3, 1], np.int32), np.ones((4, 2), np.int32), np.zeros(4, np.int32))
    with SparseFeatures(path) as features:
        batches = BatchReader(split, BOTH, features).iterate(in_order(4), 1, 1)
        next(batches)
        next(batches)
        with pytest.raises(InputError, match=r"features\.h5: row 2 \(image id 3\).*not finite") as caught:
            next(batches)
    assert "\n" not in str(caught.value)


def test_images_beyond_the_features_end_in_an_input_error(tiny_features):
    split = Split(np.array([9], np.int32), np.ones((1, 2), np.int32), np.zeros(1, np.int32))
    with pytest.raises(InputError, match="no row 8; its rows are 0 to 7"):
        next(BatchReader(split, BOTH, tiny_features).iterate(in_order(1), 1, 1))


def cumulative(count, epochs, seed):
    """The orders as the 2015 program makes them: the data themselves are permuted, epoch after epoch."""
    random = np.random.RandomState(seed)
    data = np.arange(count)
    for _ in range(epochs):
        data = data[random.permutation(np.arange(count))]
        yield data


@given(count=st.integers(1, 20), epochs=st.integers(1, 5), seed=st.integers(0, 1000))
def test_every_epoch_permutes_the_order_of_the_one_before(count, epochs, seed):
    orders = EpochOrders(count, True, np.random.RandomState(seed))
    for epoch, expected in enumerate(cumulative(count, epochs, seed)):
        np.testing.assert_array_equal(orders(epoch), expected)
        np.testing.assert_array_equal(orders(epoch), expected)  # asking twice draws once
        assert orders(epoch).dtype == np.int64


@given(asked=st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_epochs_may_be_asked_for_in_any_order(asked):
    expected = list(cumulative(7, 6, 1000))
    orders = EpochOrders(7, True, np.random.RandomState(1000))
    for epoch in asked:
        np.testing.assert_array_equal(orders(epoch), expected[epoch])


def test_the_state_of_the_stream_when_the_orders_are_made_is_that_of_the_first_epoch():
    random = np.random.RandomState(1000)
    random.permutation(7)
    orders = EpochOrders(7, True, random)
    second = np.random.RandomState(1000)
    second.permutation(7)
    expected = second.permutation(7)
    np.testing.assert_array_equal(orders(0), expected)
    orders(3)
    np.testing.assert_array_equal(orders(0), expected)


def test_without_shuffling_every_epoch_is_in_order():
    orders = EpochOrders(5, False, np.random.RandomState(0))
    for epoch in (0, 3, 1):
        np.testing.assert_array_equal(orders(epoch), np.arange(5))
