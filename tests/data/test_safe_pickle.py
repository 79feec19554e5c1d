"""The reader of pickles: what Python 2 and 3 wrote comes back, and nothing else does anything."""

import base64
import pickle
import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cocoqa_keras.data import python2_pickle, safe_pickle
from cocoqa_keras.errors import InputError

# Written by Python 2.7.18 with numpy 1.9.3 (cPickle) from the value that `check_sample` describes.
SAMPLES = {
    0: """
Y251bXB5LmNvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcDEKKGNudW1weQpuZGFycmF5CnAyCihJMAp0UydiJwp0UnAzCihJMQoo
STcKdGNudW1weQpkdHlwZQpwNAooUydPOCcKSTAKSTEKdFJwNQooSTMKUyd8JwpOTk5JLTEKSS0xCkk2Mwp0YkkwMAoobHA2CihkcDcK
Vlx1MDNiMQpjbnVtcHkuY29yZS5tdWx0aWFycmF5CnNjYWxhcgpwOAooZzQKKFMnaTgnCkkwCkkxCnRScDkKKEkzClMnPCcKTk5OSS0x
CkktMQpJMAp0YlMnXHgwM1x4MDBceDAwXHgwMFx4MDBceDAwXHgwMFx4MDAnCnRScDEwCnNTJ1x4ZTknCkk0CnNTJ3doYXQnCnAxMQpJ
MQpzUydjYWZceGMzXHhhOScKcDEyCkwyTApzYShscDEzCkkxCmFGLTIuNQphSTAxCmFOYVMnaXRcJ3NcbiJcXCcKcDE0CmFhZzEKKGcy
CihJMAp0UydiJwp0UnAxNQooSTEKKEkzCkkyCnRnNAooUydmOCcKSTAKSTEKdFJwMTYKKEkzClMnPCcKTk5OSS0xCkktMQpJMAp0Ykkw
MQpTJ1x4MDBceDAwXHgwMFx4MDBceDAwXHgwMFx4MDBceDAwXHgwMFx4MDBceDAwXHgwMFx4MDBceDAwXHhmMD9ceDAwXHgwMFx4MDBc
eDAwXHgwMFx4MDBceDAwQFx4MDBceDAwXHgwMFx4MDBceDAwXHgwMFx4MDhAXHgwMFx4MDBceDAwXHgwMFx4MDBceDAwXHgxMEBceDAw
XHgwMFx4MDBceDAwXHgwMFx4MDBceDE0QCcKdGJhZzgKKGc0CihTJ2Y0JwpJMApJMQp0UnAxNwooSTMKUyc8JwpOTk5JLTEKSS0xCkkw
CnRiUydceDAwXHgwMFx4MDA/Jwp0UnAxOAphZzEKKGcyCihJMAp0UydiJwp0UnAxOQooSTEKKEkyCnRnNAooUydpNCcKSTAKSTEKdFJw
MjAKKEkzClMnPicKTk5OSS0xCkktMQpJMAp0YkkwMApTJ1x4MDBceDAwXHgwMFx4MDFceDAwXHgwMFx4MDBceDAyJwp0YmFnMTMKYWcx
CihnMgooSTAKdFMnYicKdFJwMjEKKEkxCihJMgp0ZzQKKFMnYjEnCkkwCkkxCnRScDIyCihJMwpTJ3wnCk5OTkktMQpJLTEKSTAKdGJJ
MDAKUydceDAxXHgwMCcKdGJhdGIu
""",
    1: """
Y251bXB5LmNvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcQEoY251bXB5Cm5kYXJyYXkKcQIoSwB0VQFidFJxAyhLAShLB3RjbnVt
cHkKZHR5cGUKcQQoVQJPOEsASwF0UnEFKEsDVQF8Tk5OSv////9K/////0s/dGJJMDAKXXEGKH1xByhYAgAAAM6xY251bXB5LmNvcmUu
bXVsdGlhcnJheQpzY2FsYXIKcQgoaAQoVQJpOEsASwF0UnEJKEsDVQE8Tk5OSv////9K/////0sAdGJVCAMAAAAAAAAAdFJxClUB6UsE
VQR3aGF0cQtLAVUFY2Fmw6lxDEwyTAp1XXENKEsBR8AEAAAAAAAASTAxCk5VB2l0J3MKIlxxDmVoAShoAihLAHRVAWJ0UnEPKEsBKEsD
SwJ0aAQoVQJmOEsASwF0UnEQKEsDVQE8Tk5OSv////9K/////0sAdGJJMDEKVTAAAAAAAAAAAAAAAAAAAPA/AAAAAAAAAEAAAAAAAAAI
QAAAAAAAABBAAAAAAAAAFEB0YmgIKGgEKFUCZjRLAEsBdFJxEShLA1UBPE5OTkr/////Sv////9LAHRiVQQAAAA/dFJxEmgBKGgCKEsA
dFUBYnRScRMoSwEoSwJ0aAQoVQJpNEsASwF0UnEUKEsDVQE+Tk5OSv////9K/////0sAdGJJMDAKVQgAAAABAAAAAnRiaA1oAShoAihL
AHRVAWJ0UnEVKEsBKEsCdGgEKFUCYjFLAEsBdFJxFihLA1UBfE5OTkr/////Sv////9LAHRiSTAwClUCAQB0YmV0Yi4=
""",
    2: """
gAJjbnVtcHkuY29yZS5tdWx0aWFycmF5Cl9yZWNvbnN0cnVjdApxAWNudW1weQpuZGFycmF5CnECSwCFVQFih1JxAyhLAUsHhWNudW1w
eQpkdHlwZQpxBFUCTzhLAEsBh1JxBShLA1UBfE5OTkr/////Sv////9LP3RiiV1xBih9cQcoWAIAAADOsWNudW1weS5jb3JlLm11bHRp
YXJyYXkKc2NhbGFyCnEIaARVAmk4SwBLAYdScQkoSwNVATxOTk5K/////0r/////SwB0YlUIAwAAAAAAAACGUnEKVQHpSwRVBHdoYXRx
C0sBVQVjYWbDqXEMigECdV1xDShLAUfABAAAAAAAAIhOVQdpdCdzCiJccQ5laAFoAksAhVUBYodScQ8oSwFLA0sChmgEVQJmOEsASwGH
UnEQKEsDVQE8Tk5OSv////9K/////0sAdGKIVTAAAAAAAAAAAAAAAAAAAPA/AAAAAAAAAEAAAAAAAAAIQAAAAAAAABBAAAAAAAAAFEB0
YmgIaARVAmY0SwBLAYdScREoSwNVATxOTk5K/////0r/////SwB0YlUEAAAAP4ZScRJoAWgCSwCFVQFih1JxEyhLAUsChWgEVQJpNEsA
SwGHUnEUKEsDVQE+Tk5OSv////9K/////0sAdGKJVQgAAAABAAAAAnRiaA1oAWgCSwCFVQFih1JxFShLAUsChWgEVQJiMUsASwGHUnEW
KEsDVQF8Tk5OSv////9K/////0sAdGKJVQIBAHRiZXRiLg==
""",
}
SAMPLES = {protocol: base64.b64decode(text) for protocol, text in SAMPLES.items()}


def check_sample(value):
    assert value.shape == (7,)
    assert value.dtype == object
    ids, mixed, matrix, scalar, big_endian, again, flags = value
    assert ids == {"what": 1, "caf\u00e9": 2, "\u03b1": 3, "\u00e9": 4}
    assert all(type(word_id) is int for word_id in ids.values())
    assert mixed == again == [1, -2.5, True, None, "it's\n\"\\"]
    assert mixed[2] is True
    np.testing.assert_array_equal(matrix, [[0, 3], [1, 4], [2, 5]])
    assert matrix.dtype == np.float64
    assert type(scalar) is float
    assert scalar == 0.5
    assert big_endian.tolist() == [1, 2]
    assert flags.dtype == bool
    assert flags.tolist() == [True, False]


@pytest.mark.parametrize("protocol", SAMPLES)
def test_a_pickle_of_python_2_and_numpy_1_reads_as_it_was_written(protocol):
    check_sample(safe_pickle.loads(SAMPLES[protocol], "sample"))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_text_lists_and_numbers_of_python_3_read_in_every_protocol(protocol):
    value = {
        "caf\u00e9": [1, -1, 2**40, -(2**40), 0.1, True, None, [], {}],
        "": "a" * 300,
        "b": [[1], {"c": 2}],
    }
    assert safe_pickle.loads(pickle.dumps(value, protocol), "value") == value


@pytest.mark.parametrize("protocol", [3, 4])
def test_an_object_array_that_numpy_saves_today_reads(protocol):
    value = np.array([np.arange(4.0).reshape(2, 2), ["a"], 0], dtype=object)
    read = safe_pickle.loads(pickle.dumps(value, protocol), "value")
    np.testing.assert_array_equal(read[0], value[0])
    assert read[1:].tolist() == [["a"], 0]


def test_byte_strings_are_utf8_or_else_latin1():
    assert safe_pickle.loads(b"U\x05caf\xc3\xa9.", "x") == "caf\u00e9"
    assert safe_pickle.loads(b"U\x04caf\xe9.", "x") == "caf\u00e9"


def test_arrays_of_numbers_are_read_only():
    array = safe_pickle.loads(python2_pickle.dumps(np.zeros(3)), "x")
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


OS_SYSTEM = b"cposix\nsystem\n(S'touch %s'\ntR."
ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR"
OBJECTS = b"cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb"
FLOATS = b"cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R"
RECORDS = b"cnumpy\ndtype\nU\x02V8K\x00K\x01\x87R."

HOSTILE = {
    "a command": OS_SYSTEM,
    "a command in protocol 4": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x08touch %s\x85R.",
    "eval": b"c__builtin__\neval\n(S'1'\ntR.",
    "a name alone": b"cos\nsystem\n.",
    "a name with a line break": b"\x8c\x03o\ns\x8c\x06system\x93.",
    "a list for a name": b"]]\x93.",
    "getattr": b"c__builtin__\ngetattr\n(cnumpy\nndarray\nS'tofile'\ntR.",
    "an old instance": b"(S'touch %s'\niposix\nsystem\n.",
    "an object": b"(cposix\nsystem\nS'touch %s'\no.",
    "a new object": b"cposix\nsystem\n(S'touch %s'\nt\x81.",
    "a persistent id": b"Pid\n.",
    "an extension": b"\x82\x01.",
    "a codec": b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x03\x00\x00\x00ziptR.",
    "numpy.load": b"cnumpy\nload\n(S'x'\ntR.",
    "a memory map": b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nmemmap\nK\x00\x85U\x01btR.",
    "an array without content": ARRAY + b".",
    "a shape without content": ARRAY + b"(K\x01J\xff\xff\xff\x7f\x85" + OBJECTS + b"\x89]tb.",
    "a huge shape": ARRAY + b"(K\x01\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x3f\x85" + OBJECTS + b"\x89]tb.",
    "a negative shape": ARRAY + b"(K\x01J\xff\xff\xff\xff\x85" + FLOATS + b"\x89U\x00tb.",
    "an empty array of huge sides": ARRAY
    + b"(K\x01K\x00\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x3f\x86"
    + OBJECTS
    + b"\x89]tb.",
    "text as the content of objects": ARRAY + b"(K\x01K\x02\x85" + OBJECTS + b"\x89U\x02abtb.",
    "text that is no dtype": b"cnumpy\ndtype\nU\x0299K\x00K\x01\x87R.",
    "records": RECORDS,
    "a state for a list": b"]K\x01b.",
    "a tuple": b"K\x01\x85.",
    "a key that is a number": b"}K\x01K\x02s.",
    "a mark": b"(.",
    "a list with a mark": b"](a.",
    "nothing": b"",
    "no end": b"]",
    "an empty stack": b".",
    "a memo without the entry": b"h\x07.",
    "a string longer than the file": b"T\xff\xff\xff\x7fab.",
    "a string of negative length": b"T\xff\xff\xff\xffab.",
    "an integer of any length": b"\x8b\xff\xff\xff\x7f\x01.",
    "an integer of many digits": b"L" + b"9" * 5000 + b"L\n.",
    "an unknown escape": b"S'\\d'\n.",
    "a string without quotes": b"Sab\n.",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_pickle_is_refused_in_one_line_and_runs_nothing(what, tmp_path):
    marker = tmp_path / "marker"
    path = tmp_path / "words.pkl"
    path.write_bytes(HOSTILE[what].replace(b"%s", str(marker).encode()))
    with pytest.raises(InputError) as caught:
        safe_pickle.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not marker.exists()


def test_a_huge_memo_index_takes_no_memory():
    assert safe_pickle.loads(b"K\x05r\xfe\xff\xff\xff.", "x") == 5


def test_one_long_list_does_not_fill_many_arrays():
    state = b"(K\x01K\x02\x85" + OBJECTS + b"\x89h\x00tb"
    shared = b"](K\x01K\x02eq\x00" + b"](" + ARRAY + state + ARRAY + state + b"e."
    with pytest.raises(InputError, match="shape"):
        safe_pickle.loads(shared, "x")


def test_files_that_are_too_large_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "words.pkl"
    path.write_bytes(python2_pickle.dumps(["word"] * 100))
    assert len(safe_pickle.load(path)) == 100
    monkeypatch.setattr(safe_pickle, "MAX_INSTRUCTIONS", 100)
    with pytest.raises(InputError, match="more than 100 values"):
        safe_pickle.load(path)
    monkeypatch.setattr(safe_pickle, "MAX_BYTES", 200)
    with pytest.raises(InputError, match="larger than"):
        safe_pickle.load(path)


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        safe_pickle.load(tmp_path / "nothing.pkl")


def loads_or_refuses(content):
    """The value of a damaged pickle, if it is one: no other error, no crash, no object of another kind."""
    try:
        value = safe_pickle.loads(content, "damaged")
    except InputError:
        return
    assert type(value) in (list, dict, str, int, float, bool, type(None), np.ndarray)


@settings(max_examples=500)
@given(
    st.sampled_from(sorted(SAMPLES)),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, 2000),
)
def test_a_damaged_pickle_is_read_or_refused(protocol, changes, cut):
    content = bytearray(SAMPLES[protocol])
    for position, byte in changes:
        content[position % len(content)] = byte
    loads_or_refuses(bytes(content))
    loads_or_refuses(bytes(content[: cut % len(content)]))


INSTRUCTIONS = st.one_of(
    st.sampled_from([bytes([opcode]) for opcode in b"N()]}.aesutRb\x85\x86\x87\x88\x93\x94"]),
    st.sampled_from(
        [ARRAY, OBJECTS, FLOATS, b"cnumpy.core.multiarray\nscalar\n", b"K\x00", b"K\x01", b"U\x08abcdefgh"]
    ),
    st.binary(max_size=4),
    st.integers(0, 3).map(lambda key: b"q" + struct.pack("<B", key)),
    st.integers(0, 3).map(lambda key: b"h" + struct.pack("<B", key)),
)


@settings(max_examples=500)
@given(st.lists(INSTRUCTIONS, max_size=25))
@example([ARRAY, b"(K\x01K\x01\x85", OBJECTS, b"\x89", b"]", b"t", b"b"])
def test_any_sequence_of_instructions_is_read_or_refused(instructions):
    loads_or_refuses(b"".join([*instructions, b"."]))
