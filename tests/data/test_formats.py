"""Pickles, arrays and weights on disk."""

import base64

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.data import formats
from cocoqa_keras.errors import InputError

# np.save of Python 2.7.18 with numpy 1.9.3: [ids, mixed list, a (3, 2) matrix in Fortran order].
SAMPLE = base64.b64decode("""
k05VTVBZAQBGAHsnZGVzY3InOiAnfE84JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICAg
IAqAAmNudW1weS5jb3JlLm11bHRpYXJyYXkKX3JlY29uc3RydWN0CnEBY251bXB5Cm5kYXJyYXkKcQJLAIVVAWKHUnEDKEsBSwOFY251
bXB5CmR0eXBlCnEEVQJPOEsASwGHUnEFKEsDVQF8Tk5OSv////9K/////0s/dGKJXXEGKH1xByhYAgAAAM6xY251bXB5LmNvcmUubXVs
dGlhcnJheQpzY2FsYXIKcQhoBFUCaThLAEsBh1JxCShLA1UBPE5OTkr/////Sv////9LAHRiVQgDAAAAAAAAAIZScQpVAelLBFUEd2hh
dHELSwFVBWNhZsOpcQyKAQJ1XXENKEsBR8AEAAAAAAAAiE5VB2l0J3MKIlxxDmVoAWgCSwCFVQFih1JxDyhLAUsDSwKGaARVAmY4SwBL
AYdScRAoSwNVATxOTk5K/////0r/////SwB0YohVMAAAAAAAAAAAAAAAAAAA8D8AAAAAAAAAQAAAAAAAAAhAAAAAAAAAEEAAAAAAAAAU
QHRiZXRiLg==
""")


def npy(header, content=b""):
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + content


def header(descr="'<i8'", shape="(2,)", fortran="False"):
    return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()


def test_an_object_array_of_numpy_1_reads_as_it_was_written(tmp_path):
    path = tmp_path / "sample.npy"
    path.write_bytes(SAMPLE)
    ids, mixed, matrix = formats.read_array(path)
    assert ids == {"what": 1, "café": 2, "\u03b1": 3, "é": 4}
    assert mixed == [1, -2.5, True, None, "it's\n\"\\"]
    np.testing.assert_array_equal(matrix, [[0, 3], [1, 4], [2, 5]])


def test_every_file_of_the_tiny_data_set_survives_a_round_trip(mini, tmp_path):
    paths = [*mini.rglob("*.npy"), *mini.rglob("*.pkl")]
    assert len(paths) > 10
    for path in paths:
        copy = tmp_path / path.name
        if path.suffix == ".pkl":
            value = formats.read_pickle(path)
            formats.write_pickle(copy, value)
            assert formats.read_pickle(copy) == value
        else:
            array = formats.read_array(path)
            formats.write_array(copy, array)
            again = formats.read_array(copy)
            assert (again.shape, again.dtype) == (array.shape, array.dtype)
            for left, right in zip(array.ravel(), again.ravel(), strict=True):
                np.testing.assert_array_equal(left, right)


def test_golden_weights_are_a_matrix_or_0_per_stage(mini):
    shapes = [getattr(entry, "shape", entry) for entry in formats.read_weights(mini / "vis_lstm_mini.w.npy")]
    assert [shape for shape in shapes if shape != 0] == [(64, 20), (31, 20), (168, 12), (13, 10)]
    assert len(shapes) == 12


def test_weights_read_back_exactly(tmp_path):
    weights = [0, np.arange(6.0).reshape(2, 3), np.full((1, 4), 0.1, np.float32), 0, np.array(0.1)]
    formats.write_weights(tmp_path / "model.w.npy", weights)
    read = formats.read_weights(tmp_path / "model.w.npy")
    assert (read[0], read[3]) == (0, 0)
    for left, right in zip(read[1:3] + read[4:], weights[1:3] + weights[4:], strict=True):
        assert left.shape == right.shape
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)


def test_weights_that_are_a_single_number_are_a_number_in_the_file(tmp_path):
    path = tmp_path / "model.w.npy"
    formats.write_weights(path, [np.array(0.5), np.array(0.1, np.float32), np.array(0.0)])
    assert formats.read_array(path).tolist() == [0.5, float(np.float32(0.1)), 0.0]
    assert formats.read_weights(path) == [0.5, float(np.float32(0.1)), 0]


@pytest.mark.parametrize("entry", [1, "a", None, np.zeros(3), np.zeros((2, 2), int)])
def test_weights_that_are_not_are_refused(entry, tmp_path):
    path = tmp_path / "model.w.npy"
    with pytest.raises(InputError, match="entry 1"):
        formats.write_weights(path, [0, entry])
    assert not path.exists()
    array = np.empty(2, dtype=object)
    array[:] = [0, entry]
    formats.write_array(path, array)
    with pytest.raises(InputError, match="entry 1"):
        formats.read_weights(path)


def test_an_array_of_numbers_is_no_file_of_weights(tmp_path):
    formats.write_array(tmp_path / "x.npy", np.zeros((2, 2)))
    with pytest.raises(InputError, match="one entry per stage"):
        formats.read_weights(tmp_path / "x.npy")


@pytest.mark.parametrize("array", [np.array(2.5), np.zeros((0, 3), ">i2"), np.arange(6.0).reshape(2, 3).T])
def test_arrays_of_numbers_read_back_and_numpy_reads_them(array, tmp_path):
    path = tmp_path / "x.npy"
    formats.write_array(path, array)
    for read in (formats.read_array(path), np.load(path)):
        assert (read.dtype, read.shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize("array", [np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.zeros((3, 1), bool)])
def test_what_numpy_saves_today_reads(array, tmp_path):
    np.save(tmp_path / "x.npy", array)
    np.testing.assert_array_equal(formats.read_array(tmp_path / "x.npy"), array)


def test_a_header_with_long_integers_of_python_2_reads(tmp_path):
    path = tmp_path / "x.npy"
    path.write_bytes(npy(header(shape="(1L, 2L)"), np.array([5, 6]).astype("<i8").tobytes()))
    assert formats.read_array(path).tolist() == [[5, 6]]


BAD_FILES = {
    "empty": b"",
    "text": b"hello",
    "no header": b"\x93NUMPY\x01\x00\xff\xff",
    "short": npy(header(), b"\x00" * 15),
    "long": npy(header(), b"\x00" * 17),
    "huge": npy(header(shape="(9999999999999999,)"), b"\x00" * 16),
    "empty with huge sides": npy(header(shape="(0, 9999999999999999, 9999999999999999)")),
    "too many sides": npy(header(shape="(" + "1, " * 60 + ")"), b"\x00" * 8),
    "negative": npy(header(shape="(-2,)"), b"\x00" * 16),
    "an expression": npy(header(shape="(__import__('os').getpid(),)"), b"\x00" * 16),
    "records": npy(header(descr="[('a', '<i8')]"), b"\x00" * 16),
    "text array": npy(header(descr="'<U2'"), b"\x00" * 16),
    "objects that are not pickled": npy(header(descr="'|O'"), b"\x00" * 16),
    "objects in another shape": SAMPLE.replace(b"(3,)", b"(4,)"),
    "a list in place of objects": npy(header(descr="'|O'"), b"]."),
    "a command": npy(header(descr="'|O'"), b"cos\nsystem\n(S'true'\ntR."),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_bad_array_file_is_refused_in_one_line_that_names_it(what, tmp_path):
    path = tmp_path / "train.npy"
    path.write_bytes(BAD_FILES[what])
    with pytest.raises(InputError) as caught:
        formats.read_array(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 255)), max_size=3), st.integers(1, 1000))
def test_a_damaged_array_file_is_read_or_refused(tmp_path_factory, changes, cut):
    content = bytearray(SAMPLE)
    for position, byte in changes:
        content[position % len(content)] = byte
    path = tmp_path_factory.getbasetemp() / "damaged.npy"
    path.write_bytes(content[:cut])
    try:
        array = formats.read_array(path)
    except InputError:
        return
    assert isinstance(array, np.ndarray)


@pytest.mark.parametrize("write", [formats.write_pickle, formats.write_array])
def test_a_value_that_cannot_be_written_leaves_the_old_file(write, tmp_path):
    path = tmp_path / "words.pkl"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match=r"holds|expected"):
        write(path, np.array(["text"]))
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == [b"old"]


def test_a_missing_file_is_an_input_error(tmp_path):
    for read in (formats.read_array, formats.read_pickle, formats.read_weights):
        with pytest.raises(InputError, match="cannot read"):
            read(tmp_path / "nothing")
