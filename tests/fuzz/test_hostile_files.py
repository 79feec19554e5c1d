"""Whatever a file holds, a reader reads it or refuses it in one line, in bounds, and nothing in it runs."""

import os

import pytest
from bounds import read_or_refused
from cases import HOSTILE, WHOLE
from hypothesis import given
from hypothesis import strategies as st
from mutation import damaged
from readers import READERS

# Starlette leaves the picture of a form that breaks off to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:Unclosed file <tempfile:ResourceWarning")

CASES = [(name, what) for name, files in HOSTILE.items() for what in files]
# No hostile one of these may be read.
ALL_REFUSED = ("config.json", "model.weights.h5", "saved_model.pb", "facts.json")
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
    refusals = [read_or_refused(read, path) for read in READERS[name]]
    assert all(refusals) or name not in ALL_REFUSED


@pytest.mark.parametrize("name", WHOLE)
def test_a_damaged_file_is_read_or_refused(name, working_folder):
    path = working_folder / name

    @given(st.randoms(use_true_random=False))
    def try_all(random):
        path.write_bytes(damaged(list(WHOLE[name].values()), random))
        for read in READERS[name]:
            read_or_refused(read, path)

    try_all()
