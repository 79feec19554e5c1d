"""The writer of Python 2 pickles."""

import pickletools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.data import python2_pickle, safe_pickle

# Written by Python 2.7.18 with numpy 1.9.3, cPickle protocol 2: [float32 0 1 2, 'word', 300, -1] as objects.
SAMPLE = (
    b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03(K\x01K\x04"
    b"\x85cnumpy\ndtype\nq\x04U\x02O8K\x00K\x01\x87Rq\x05(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb\x89]"
    b"q\x06(h\x01h\x02K\x00\x85U\x01b\x87Rq\x07(K\x01K\x03\x85h\x04U\x02f4K\x00K\x01\x87Rq\x08(K\x03U\x01<NNNJ\xff"
    b"\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x0c\x00\x00\x00\x00\x00\x00\x80?\x00\x00\x00@tbU\x04wordM,\x01J\xff"
    b"\xff\xff\xffetb."
)
MEMO = {"BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET"}

INTEGERS = st.integers(-(2**63), 2**64 - 1)
LEAVES = st.one_of(st.none(), st.booleans(), INTEGERS, st.floats(allow_nan=False), st.text())
VALUES = st.recursive(LEAVES, lambda v: st.lists(v) | st.dictionaries(st.text(), v), max_leaves=20)


def instructions(content):
    """The instructions other than those of the memo, with tuples of any length alike."""
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name not in MEMO and opcode.name not in ("MARK", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"):
            yield opcode.name, argument


def test_an_array_has_the_instructions_of_python_2_and_numpy_1():
    value = np.empty(4, dtype=object)
    value[:] = [np.arange(3, dtype="<f4"), "word", 300, -1]
    theirs, ours = list(instructions(SAMPLE)), list(instructions(python2_pickle.dumps(value)))
    # Where Python 2 takes a name from its memo, ours is written out once more.
    names = [("GLOBAL", f"numpy{name}") for name in (".core.multiarray _reconstruct", " ndarray", " dtype")]
    assert [item for item in ours if item not in names] == [item for item in theirs if item not in names]
    assert [ours.count(name) for name in names] == [2, 2, 2]


@given(VALUES)
def test_what_is_written_reads_back_equal(value):
    assert safe_pickle.loads(python2_pickle.dumps(value), "value") == value


@given(VALUES)
def test_every_instruction_is_one_of_python_2(value):
    for opcode, _, _ in pickletools.genops(python2_pickle.dumps(value)):
        assert opcode.proto <= 2


@pytest.mark.parametrize("code", ["b1", "i1", "u2", "<i4", ">i4", "<i8", "f2", "f4", ">f8"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 4), (300, 2)])
def test_arrays_of_numbers_read_back_equal(code, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(code)
    read = safe_pickle.loads(python2_pickle.dumps(array), "array")
    assert read.dtype == array.dtype
    assert read.shape == array.shape
    np.testing.assert_array_equal(read, array)


def test_arrays_in_fortran_order_read_back_equal():
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(safe_pickle.loads(python2_pickle.dumps(array), "array"), array)


def test_ascii_text_is_a_byte_string_and_other_text_unicode():
    names = [
        opcode.name for opcode, _, _ in pickletools.genops(python2_pickle.dumps(["word", "a" * 300, "café"]))
    ]
    assert [name for name in names if "STRING" in name or "UNICODE" in name] == [
        "SHORT_BINSTRING",
        "BINSTRING",
        "BINUNICODE",
    ]


@pytest.mark.parametrize(
    "value", [(1,), {1, 2}, 1j, 2**64, np.array(["a"]), np.zeros(2, "f4,i4"), [object()]]
)
def test_other_values_are_refused(value):
    with pytest.raises(ValueError, match="expected"):
        python2_pickle.dumps(value)
