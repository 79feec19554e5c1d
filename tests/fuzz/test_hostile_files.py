"""Whatever a file holds, a reader reads it or refuses it in one line, in bounds, and nothing in it runs."""

import os

import pytest
from bounds import read_or_refused
from corpus import HOSTILE, WHOLE
from hypothesis import given
from hypothesis import strategies as st
from readers import READERS

CASES = [(name, what) for name, files in HOSTILE.items() for what in files]
WHOLE_CASES = [(name, what) for name, files in WHOLE.items() for what in files]


@pytest.fixture
def working_folder(tmp_path, monkeypatch):
    """A folder for a file, with a pipe that nobody writes into."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    return tmp_path


def test_every_reader_has_whole_and_hostile_files():
    assert set(WHOLE) == set(HOSTILE) == set(READERS)


@pytest.mark.parametrize(("name", "what"), WHOLE_CASES)
def test_a_whole_file_is_read(name, what, working_folder):
    path = working_folder / name
    path.write_bytes(WHOLE[name][what])
    refusals = [read_or_refused(read, path) for read in READERS[name]]
    # A download needs more than its record.
    assert None in refusals or name == "downloads.json"


@pytest.mark.parametrize(("name", "what"), CASES)
def test_a_hostile_file_is_read_or_refused(name, what, working_folder):
    path = working_folder / name
    path.write_bytes(HOSTILE[name][what])
    for read in READERS[name]:
        read_or_refused(read, path)


@st.composite
def damaged(draw, name):
    """A whole file with bytes changed, pieces taken out, doubled, or put in from another file."""
    whole = list(WHOLE[name].values())
    content = bytearray(draw(st.sampled_from(whole)))
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 2)))
        match draw(st.sampled_from(["change", "cut", "double", "splice"])):
            case "change" if start < len(content):
                content[start] = draw(st.integers(0, 255))
            case "cut":
                del content[start:end]
            case "double":
                content[start:start] = content[start:end]
            case "splice":
                other = draw(st.sampled_from(whole))
                content[start:end] = other[start:end]
    return bytes(content)


@pytest.mark.parametrize("name", WHOLE)
def test_a_damaged_file_is_read_or_refused(name, tmp_path_factory, working_folder):
    path = working_folder / name

    @given(damaged(name))
    def try_all(content):
        path.write_bytes(content)
        for read in READERS[name]:
            read_or_refused(read, path)

    try_all()
