"""Sparse image features."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.errors import InputError


@pytest.fixture
def dense():
    random = np.random.default_rng(0)
    values = random.random((50, 30), dtype=np.float32)
    values[random.random((50, 30)) < 0.7] = 0
    values[7] = 0
    return values


@pytest.fixture
def path(dense, tmp_path):
    write_features(tmp_path / "features.h5", dense)
    return tmp_path / "features.h5"


def rewrite(path, **parts):
    """Replaces arrays of the file by others, or by none."""
    with h5py.File(path, "a") as file:
        for part, value in parts.items():
            name = f"hidden7_{part}"
            del file[name]
            if isinstance(value, dict):
                file.create_dataset(name, **value)
            elif value is not None:
                file[name] = value


def test_the_tiny_features_are_those_that_scipy_reads(mini):
    path = mini / "data" / "hidden_mini.h5"
    with h5py.File(path) as file:
        parts = [file[f"hidden7_{part}"][:] for part in ("data", "indices", "indptr", "shape", "mean", "std")]
    expected = scipy.sparse.csr_matrix(tuple(parts[:3]), shape=parts[3]).toarray()
    with SparseFeatures(path) as opened:
        assert opened.shape == (40, 64)
        assert opened.density == len(parts[0]) / (40 * 64)
        np.testing.assert_array_equal(opened.read(range(40)), expected)
        np.testing.assert_array_equal(opened.mean, parts[4])
        np.testing.assert_array_equal(opened.std, parts[5])


def test_the_statistics_written_are_those_of_the_tiny_features_but_for_their_constant(mini, tmp_path):
    with SparseFeatures(mini / "data" / "hidden_mini.h5") as original:
        write_features(tmp_path / "copy.h5", original.read(range(40)))
        with SparseFeatures(tmp_path / "copy.h5") as copy:
            np.testing.assert_allclose(copy.mean, original.mean, rtol=1e-6)
            np.testing.assert_allclose(copy.std + 0.001, original.std, rtol=1e-6)


@given(rows=st.lists(st.integers(0, 49), max_size=60))
@settings(max_examples=50)
def test_any_rows_in_any_order_are_read(tmp_path_factory, rows):
    values = np.random.default_rng(0).integers(0, 3, (50, 30)).astype(np.float32)
    path = tmp_path_factory.getbasetemp() / "features.h5"
    write_features(path, values)
    with SparseFeatures(path) as opened:
        read = opened.read(rows)
    assert read.shape == (len(rows), 30)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, values[rows])


@pytest.mark.parametrize(
    "layout", ["compressed", "chunked", "float64", "int64", "big-endian", "no statistics"]
)
def test_other_layouts_of_the_same_matrix_read_alike(layout, path, dense):
    matrix = scipy.sparse.csr_matrix(dense)
    if layout in ("compressed", "chunked"):
        storage = {"compression": "gzip"} if layout == "compressed" else {"chunks": (7,)}
        rewrite(path, data={"data": matrix.data, **storage}, indices={"data": matrix.indices, **storage})
    elif layout == "float64":
        rewrite(path, data=matrix.data.astype(np.float64))
    elif layout == "int64":
        rewrite(path, indices=matrix.indices.astype(np.int64), indptr=matrix.indptr.astype(np.int64))
    elif layout == "big-endian":
        rewrite(path, data=matrix.data.astype(">f4"), indices=matrix.indices.astype(">i4"))
    else:
        rewrite(path, mean=None, std=None)
    with SparseFeatures(path) as opened:
        rows = [3, 49, 7, 3]
        read = opened.read(rows)
        assert read.dtype == np.float32
        np.testing.assert_array_equal(read, dense[rows])
        assert (opened.mean is None) == (layout == "no statistics")
        with pytest.raises(InputError, match="no row 50"):
            opened.read([50])


def test_features_under_another_name_are_read(dense, tmp_path):
    write_features(tmp_path / "f.h5", dense, key="fc7")
    with SparseFeatures(tmp_path / "f.h5", key="fc7") as opened:
        np.testing.assert_array_equal(opened.read([4]), dense[[4]])
    with pytest.raises(InputError, match="hidden7_data"):
        SparseFeatures(tmp_path / "f.h5")


def test_several_threads_read_alike(path, dense):
    batches = np.random.default_rng(1).integers(0, 50, (200, 10))
    with SparseFeatures(path) as opened, ThreadPoolExecutor(4) as pool:
        for rows, read in zip(batches, pool.map(opened.read, batches), strict=True):
            np.testing.assert_array_equal(read, dense[rows])


@pytest.mark.parametrize("rows", [[-1], [0, 50], [2**40]])
def test_a_row_out_of_range_is_refused(rows, path):
    with SparseFeatures(path) as opened, pytest.raises(InputError, match=f"no row {rows[-1]}"):
        opened.read(rows)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_names_file_row_and_image(value, path, dense):
    matrix = scipy.sparse.csr_matrix(dense)
    matrix.data[matrix.indptr[12]] = value
    rewrite(path, data=matrix.data)
    with SparseFeatures(path) as opened:
        opened.read([11, 7, 13])
        with pytest.raises(
            InputError, match=r"features\.h5: row 12 \(image id 13\) has a value that is not finite"
        ):
            opened.read([11, 7, 12])


@pytest.mark.parametrize("column", [-1, 30, 2**31 - 1])
def test_a_column_out_of_range_is_refused(column, path, dense):
    matrix = scipy.sparse.csr_matrix(dense)
    matrix.indices[matrix.indptr[13] - 1] = column
    rewrite(path, indices=matrix.indices)
    with SparseFeatures(path) as opened, pytest.raises(InputError, match=r"row 12 .* 30 columns"):
        opened.read([11, 12])


def test_damaged_arrays_are_refused_at_opening(path, dense):
    matrix = scipy.sparse.csr_matrix(dense)
    whole = path.read_bytes()
    falling = matrix.indptr.copy()
    falling[5] = falling[4] - 1
    damages = [
        {"indptr": falling},
        {"indptr": matrix.indptr + 1},
        {"indptr": matrix.indptr[:-1]},
        {"indptr": np.append(matrix.indptr[:-1], 10**9)},
        {"indptr": np.zeros((51, 1), np.int32)},
        {"data": matrix.data[:-1]},
        {"data": matrix.indices},
        {"indices": matrix.indices[:-1]},
        {"shape": [50]},
        {"shape": [50, 0]},
        {"shape": [2**40, 30]},
        {"shape": [50, 2**40]},
        {"shape": [50, 2]},
        {"mean": np.zeros(31, np.float32)},
        {"std": np.full(30, np.nan, np.float32)},
        *({part: None} for part in ("data", "indices", "indptr", "shape")),
    ]
    for damage in damages:
        path.write_bytes(whole)
        rewrite(path, **damage)
        with pytest.raises(InputError, match=r"features\.h5"):
            SparseFeatures(path)


def test_features_know_their_images(tmp_path, dense):
    names = [f"picture {row}" for row in range(50)]
    write_features(tmp_path / "f.h5", dense, images=names)
    write_features(tmp_path / "without.h5", dense)
    with SparseFeatures(tmp_path / "f.h5") as opened, SparseFeatures(tmp_path / "without.h5") as without:
        opened.check_images(names)
        without.check_images(names[::-1])
        with pytest.raises(InputError, match="other images"):
            opened.check_images(names[::-1])
        for features in (opened, without):
            with pytest.raises(InputError, match="50 rows, and the data have 49 images"):
                features.check_images(names[1:])


@pytest.mark.parametrize("value", [7, np.zeros(3), b"bytes", np.array(["a", "b"], object), "x" * 10_000])
def test_an_attribute_of_another_kind_is_refused_or_left(value, path):
    with h5py.File(path, "a") as file:
        file.attrs["extractor"] = value
    try:
        with SparseFeatures(path) as opened:
            assert opened.extractor is None or len(opened.extractor) == len(value)
    except InputError:
        pass


def test_moments_are_computed_from_the_rows(path, dense):
    with SparseFeatures(path) as opened:
        moments = opened.moments()
        np.testing.assert_allclose(moments.mean, dense.mean(axis=0, dtype=np.float64), rtol=1e-12)
        np.testing.assert_allclose(moments.std, dense.std(axis=0, dtype=np.float64), rtol=1e-12)
        np.testing.assert_array_equal(opened.mean, moments.mean.astype(np.float32))


def test_a_missing_file_and_a_file_of_another_kind_are_refused(tmp_path):
    with pytest.raises(InputError, match="cocoqa-data download"):
        SparseFeatures(tmp_path / "nothing.h5")
    (tmp_path / "text.h5").write_text("hello")
    with pytest.raises(InputError, match="not an HDF5 file"):
        SparseFeatures(tmp_path / "text.h5")


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6),
    st.integers(0, 10**6),
)
def test_a_damaged_file_is_read_or_refused(tmp_path_factory, changes, cut):
    path = tmp_path_factory.getbasetemp() / "damaged.h5"
    write_features(path, np.eye(4, 6, dtype=np.float32))
    content = bytearray(path.read_bytes())
    for position, byte in changes:
        content[position % len(content)] = byte
    for damaged in (content, content[: cut % len(content)]):
        path.write_bytes(damaged)
        try:
            with SparseFeatures(path) as opened:
                assert np.isfinite(opened.read(range(len(opened)))).all()
        except InputError:
            pass


def test_a_file_cut_short_while_open_is_an_input_error(path):
    with SparseFeatures(path) as opened:
        os.truncate(path, 2100)
        with pytest.raises(InputError, match="cut short"):
            opened.read([49])


def test_a_closed_file_is_an_input_error(path):
    opened = SparseFeatures(path)
    opened.close()
    with pytest.raises(InputError, match="closed"):
        opened.read([0])


RESIDENT = """
import sys
import numpy as np
from cocoqa_keras.data.features import SparseFeatures

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20

opened = SparseFeatures(sys.argv[1])
opened.read(range(100))
before = resident()
for start in range(0, len(opened), 100):
    opened.read(range(start, start + 100))
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_in_use_does_not_grow_with_what_is_read(tmp_path):
    values = np.random.default_rng(0).random((10_000, 1000), dtype=np.float32)
    write_features(tmp_path / "large.h5", values)
    assert (tmp_path / "large.h5").stat().st_size > 75 * 2**20
    result = subprocess.run(
        [sys.executable, "-c", RESIDENT, tmp_path / "large.h5"], capture_output=True, text=True, check=True
    )
    assert float(result.stdout) < 8
