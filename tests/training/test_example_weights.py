"""Files of example weights, and examples that keep them."""

import re
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from broken_disk import broken_disk, fails, is_full
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.data.formats import write_array
from cocoqa_keras.data.pipeline import BatchReader, EpochOrders
from cocoqa_keras.data.split import Split
from cocoqa_keras.errors import InputError
from cocoqa_keras.training.example_weights import (
    read_example_weights,
    trained_parts,
    weigh_examples,
    write_example_weights,
)
from cocoqa_keras.training.weighted_split import WeightedSplit, example_weights_of

WEIGHTS = {"train": np.arange(14) / 10, "valid": np.arange(6) / 5}


def numbered(first, count):
    """Examples of which each can be told by its number, with weights that follow from it."""
    numbers = np.arange(first, first + count, dtype=np.int32)
    return WeightedSplit(numbers, np.ones((count, 2), np.int32), numbers, numbers / 7)


def assert_weights_are_with_their_examples(split):
    np.testing.assert_array_equal(split.weights, split.answers / 7)
    np.testing.assert_array_equal(split.image_ids, split.answers)


# Files.


def test_weights_are_read_as_they_were_written(tiny_dataset, tmp_path):
    write_example_weights(tmp_path / "new" / "round2", WEIGHTS)
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"round2-train.npy", "round2-valid.npy"}
    weights = read_example_weights(tmp_path / "new" / "round2", tiny_dataset)
    assert list(weights) == ["train", "valid"]
    for name, values in weights.items():
        assert values.dtype == np.float64
        np.testing.assert_array_equal(values, WEIGHTS[name])
        np.testing.assert_array_equal(values, np.load(tmp_path / "new" / f"round2-{name}.npy"))


def test_whole_numbers_and_single_precision_are_weights_too(tiny_dataset, tmp_path):
    np.save(tmp_path / "w-train.npy", np.arange(14))
    np.save(tmp_path / "w-valid.npy", np.full(6, 0.5, np.float32))
    weights = read_example_weights(tmp_path / "w", tiny_dataset)
    assert {values.dtype for values in weights.values()} == {np.dtype("f8")}


def test_data_without_a_validation_part_need_one_file(tiny_dataset, tmp_path):
    write_example_weights(tmp_path / "w", {"train": WEIGHTS["train"]})
    dataset = replace(tiny_dataset, valid=None)
    assert list(trained_parts(dataset)) == ["train"]
    np.testing.assert_array_equal(weigh_examples(dataset, tmp_path / "w").train.weights, WEIGHTS["train"])


def test_only_training_and_validation_examples_are_weighed(tiny_dataset, tmp_path):
    write_example_weights(tmp_path / "w", WEIGHTS)
    weighed = weigh_examples(tiny_dataset, tmp_path / "w")
    np.testing.assert_array_equal(example_weights_of(weighed.train), WEIGHTS["train"])
    np.testing.assert_array_equal(example_weights_of(weighed.valid), WEIGHTS["valid"])
    assert example_weights_of(weighed.test) is None
    assert weighed.fingerprint() == tiny_dataset.fingerprint()
    assert example_weights_of(tiny_dataset.train) is None


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(13), "expected a weight for each of the 14 examples, found float64 of shape (13,)"),
        (np.ones((14, 1)), "found float64 of shape (14, 1)"),
        (np.ones(14, bool), "found bool of shape (14,)"),
        (
            np.array([1.0] * 13 + [-0.5]),
            "example 13 has the weight -0.5; weights are finite and not negative",
        ),
        (np.array([np.nan] + [1.0] * 13), "example 0 has the weight nan"),
        (np.array([1.0, np.inf] * 7), "example 1 has the weight inf"),
        (np.zeros(14), "all weights are 0"),
    ],
    ids=["too few", "a column", "yes and no", "negative", "no number", "infinite", "zero"],
)
def test_numbers_that_are_no_weights_are_refused(weights, message, tiny_dataset, tmp_path):
    write_example_weights(tmp_path / "w", WEIGHTS)
    write_array(tmp_path / "w-train.npy", weights)
    with pytest.raises(InputError, match=rf"w-train\.npy: .*{re.escape(message)}") as caught:
        read_example_weights(tmp_path / "w", tiny_dataset)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("fault", [fails, is_full])
def test_files_that_cannot_all_be_written_stay_as_they_were(fault, tiny_dataset, tmp_path):
    old = {"train": np.full(14, 1.0), "valid": np.full(6, 1.0)}
    new = {"train": np.full(14, 2.0), "valid": np.full(6, 2.0)}
    written = 0
    for step in range(8):  # the first of the two is renamed after that
        write_example_weights(tmp_path / "w", old)
        with broken_disk(step, fault), suppress(InputError):
            write_example_weights(tmp_path / "w", new)
        found = read_example_weights(tmp_path / "w", tiny_dataset)
        assert found["train"][0] == found["valid"][0]
        written += found["train"][0] == 2
    assert written < 8


def test_a_missing_file_is_named(tiny_dataset, tmp_path):
    write_example_weights(tmp_path / "w", {"train": WEIGHTS["train"]})
    with pytest.raises(InputError, match=r"cannot read .*w-valid\.npy"):
        read_example_weights(tmp_path / "w", tiny_dataset)


# Weights that stay with their examples.


@given(data=st.data(), counts=st.tuples(st.integers(0, 8), st.integers(1, 8)))
def test_weights_go_where_their_examples_go(data, counts):
    first, second = numbered(0, counts[0]), numbered(counts[0], counts[1])
    together = first.followed_by(second)
    assert_weights_are_with_their_examples(together)
    assert len(together.weights) == sum(counts)
    rows = data.draw(st.permutations(range(len(together))))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(together), max_size=len(together))))
    for selection in (np.array(rows), mask, slice(1, None, 2)):
        taken = together.take(selection)
        np.testing.assert_array_equal(taken.answers, together.answers[selection])
        assert_weights_are_with_their_examples(taken)


@settings(max_examples=15)
@given(
    count=st.integers(1, 12), batch_size=st.integers(1, 13), epochs=st.integers(1, 3), seed=st.integers(0, 99)
)
def test_shuffled_batches_bring_the_weights_of_their_examples(count, batch_size, epochs, seed):
    split = numbered(0, count)
    reader = BatchReader(split, {"question": "int32"}, weights=split.weights)
    orders = EpochOrders(count, True, np.random.RandomState(seed))
    seen = []
    for _, answers, weights in reader.iterate(orders, epochs, batch_size):
        np.testing.assert_array_equal(weights, answers.numpy() / 7)
        seen.extend(answers.numpy())
    assert sorted(seen) == sorted(list(range(count)) * epochs)


def test_batches_without_weights_are_pairs():
    split = numbered(0, 3)
    reader = BatchReader(split, {"question": "int32"}, weights=split.weights)
    assert len(reader.batches(lambda epoch: np.arange(3), 1, 2).element_spec) == 3
    assert len(reader.of(split).batches(lambda epoch: np.arange(3), 1, 2).element_spec) == 2


def test_a_plain_split_has_no_weights():
    assert example_weights_of(Split(np.ones(1), np.ones((1, 1)), np.ones(1))) is None
