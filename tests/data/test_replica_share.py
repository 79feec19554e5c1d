"""Shares of batches."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.data.pipeline import BatchReader
from cocoqa_keras.data.replica_share import ReplicaShare


@given(size=st.integers(0, 100), counts=st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_shares_are_the_batch_cut_in_nearly_equal_parts(size, counts):
    total = sum(counts)
    shares = [ReplicaShare(sum(counts[:process]), count, total) for process, count in enumerate(counts)]
    rows = [np.arange(size)[share.rows(size)] for share in shares]
    np.testing.assert_array_equal(np.concatenate(rows), np.arange(size))
    for count, own in zip(counts, rows, strict=True):
        assert abs(len(own) - count * size / total) < 1


def test_without_a_strategy_all_of_a_batch_is_read():
    assert ReplicaShare.of_strategy() == ReplicaShare()
    assert ReplicaShare().is_first
    assert np.arange(7)[ReplicaShare().rows(7)].tolist() == list(range(7))


def test_readers_of_shares_read_the_batch_padded_as_one(tiny_dataset, tiny_features):
    weights = np.linspace(0, 2, 14)

    def batches(*share):
        inputs = {"question": "int32", "image": "float32"}
        reader = BatchReader(tiny_dataset.train, inputs, tiny_features, weights, ReplicaShare(*share))
        return list(reader.batches(lambda epoch: np.arange(13)[::-1], 1, 6))

    shares = zip(batches(0, 1, 4), batches(1, 2, 4), batches(3, 1, 4), strict=True)
    sizes = []
    for whole, parts in zip(batches(), shares, strict=True):
        sizes.append([len(answers) for _, answers, _ in parts])
        for position in (1, 2):
            np.testing.assert_array_equal(np.concatenate([part[position] for part in parts]), whole[position])
        for name in whole[0]:
            joined = np.concatenate([inputs[name] for inputs, *_ in parts])
            np.testing.assert_array_equal(joined, whole[0][name])
    assert sizes == [[1, 3, 2], [1, 3, 2], [0, 0, 1]]
