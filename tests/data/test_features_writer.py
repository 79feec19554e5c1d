"""Writing image features, at once and batch by batch."""

import errno
import itertools

import h5py
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.data import features_writer
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_writer import FeaturesWriter, write_features
from cocoqa_keras.errors import InputError

VALUES = np.maximum(np.random.default_rng(0).standard_normal((3000, 7)), 0).astype(np.float32)


def content(path):
    """All arrays and attributes of an HDF5 file."""
    with h5py.File(path) as file:
        arrays = {name: (dataset.dtype.str, dataset[:].tobytes()) for name, dataset in file.items()}
        return arrays | dict(file.attrs)


def test_duplicate_entries_are_added_before_writing(tmp_path):
    matrix = scipy.sparse.csr_matrix(([1.0, 2.0, 5.0], [1, 1, 0], [0, 3]), shape=(1, 3))
    write_features(tmp_path / "f.h5", matrix)
    with SparseFeatures(tmp_path / "f.h5") as opened:
        assert opened.read([0]).tolist() == [[5, 3, 0]]
        assert opened.mean.tolist() == [5, 3, 0]
    assert matrix.nnz == 3


def test_features_that_are_not_finite_are_not_written(tmp_path):
    with pytest.raises(InputError, match="finite"):
        write_features(tmp_path / "f.h5", np.array([[1.0, np.nan]]))
    assert list(tmp_path.iterdir()) == []


def test_what_made_the_features_is_kept_with_them(tmp_path):
    write_features(tmp_path / "f.h5", VALUES[:2], extractor="vgg19 fc2", images=["1", "é.png"])
    with SparseFeatures(tmp_path / "f.h5") as opened:
        assert opened.extractor == "vgg19 fc2"
        opened.check_images(["1", "é.png"])


@given(st.lists(st.integers(0, 3000), max_size=8))
@settings(max_examples=25)
def test_rows_appended_in_any_batches_make_the_same_file(tmp_path_factory, cuts):
    folder = tmp_path_factory.mktemp("batches")
    writer = FeaturesWriter(folder / "work", 7)
    bounds = [0, *sorted(cuts), 3000]
    for start, end in itertools.pairwise(bounds):
        writer.append(VALUES[start:end])
    assert len(writer) == 3000
    writer.finish(folder / "batches.h5", extractor="bank")
    write_features(folder / "at_once.h5", VALUES, extractor="bank")
    assert content(folder / "batches.h5") == content(folder / "at_once.h5")


@pytest.mark.parametrize("kept", [0, 10, 20])
def test_a_writer_goes_on_behind_the_rows_that_it_is_told_to_keep(kept, tmp_path):
    first = FeaturesWriter(tmp_path / "work", 7)
    first.append(VALUES[:10])
    first.append(scipy.sparse.csr_matrix(VALUES[10:20]))
    # Killed in the middle of a batch: one file is ahead of the others.
    with (tmp_path / "work" / "data.raw").open("ab") as file:
        file.write(b"half a row")
    second = FeaturesWriter(tmp_path / "work", 7, rows=kept)
    second.append(VALUES[kept:30])
    second.finish(tmp_path / "f.h5")
    write_features(tmp_path / "at_once.h5", VALUES[:30])
    assert content(tmp_path / "f.h5") == content(tmp_path / "at_once.h5")


def test_more_rows_than_there_are_cannot_be_kept(tmp_path):
    FeaturesWriter(tmp_path / "work", 7).append(VALUES[:10])
    with pytest.raises(InputError, match="cut short; delete"):
        FeaturesWriter(tmp_path / "work", 7, rows=11)


@pytest.mark.parametrize(
    ("part", "numbers"),
    [
        ("sizes", [6, -2, 8]),  # as many as there are, and rows that run backwards
        ("sizes", [8, 0, 4]),
        ("indices", [0, 1, 2, 3, 0, -5, 2, 3, 0, 1, 2, 3]),
        ("indices", [0, 1, 2, 3, 0, 4, 2, 3, 0, 1, 2, 3]),
        ("data", [1, 1, 1, 1, 1, np.nan, 1, 1, 1, 1, 1, 1]),
    ],
)
def test_rows_that_are_damaged_are_not_written(part, numbers, tmp_path):
    FeaturesWriter(tmp_path / "work", 4).append(np.ones((3, 4)))
    np.array(numbers, "<f4" if part == "data" else "<i4").tofile(tmp_path / "work" / f"{part}.raw")
    with pytest.raises(InputError, match=rf"{part}\.raw is damaged; delete .*work and start again$"):
        FeaturesWriter(tmp_path / "work", 4, rows=3).finish(tmp_path / "f.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["work"]


def test_no_rows_and_rows_of_another_width_are_refused(tmp_path):
    writer = FeaturesWriter(tmp_path / "work", 7)
    with pytest.raises(ValueError, match="7 features, got 6"):
        writer.append(VALUES[:, :6])
    with pytest.raises(InputError, match="NaN"):
        writer.append(np.full((1, 7), np.nan))
    with pytest.raises(InputError, match="not one picture"):
        writer.finish(tmp_path / "f.h5")
    assert not (tmp_path / "f.h5").exists()


def test_a_full_disk_leaves_the_older_file(tmp_path, monkeypatch):
    write_features(tmp_path / "f.h5", VALUES[:5])
    before = content(tmp_path / "f.h5")

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(features_writer.ColumnMoments, "add", full)
    with pytest.raises(InputError, match="No space left"):
        write_features(tmp_path / "f.h5", VALUES[:6])
    assert content(tmp_path / "f.h5") == before
    assert [path.name for path in tmp_path.iterdir()] == ["f.h5"]
