"""The states of a round on disk."""

import errno
import io
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.errors import InputError
from cocoqa_keras.training import checkpoint
from cocoqa_keras.training.checkpoint import Checkpoint, Checkpoints


def state(number):
    arrays = {"weights/0": np.full((3, 2), number / 3, np.float32), "weights/1": np.array(number)}
    return Checkpoint({"epoch": number, "losses": [0.1 * number, float("inf")]}, arrays)


def assert_is(found, number):
    expected = state(number)
    assert found.facts == expected.facts
    assert found.arrays.keys() == expected.arrays.keys()
    for name, array in expected.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], array, strict=True)


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints.of_run(tmp_path / "run")


def newest(checkpoints):
    return max(checkpoints.folder.glob("*.npz"))


def test_the_newest_is_read_and_two_are_kept(checkpoints):
    for number in range(5):
        checkpoints.save(state(number))
        assert_is(checkpoints.load(), number)
    assert len(list(checkpoints.folder.iterdir())) == 2


def test_what_a_killed_process_has_left_is_cleared_away(checkpoints):
    checkpoints.save(state(1))
    (checkpoints.folder / "00000002.npz").write_bytes(b"half")
    assert_is(checkpoints.load(), 1)
    checkpoints.save(state(2))
    assert_is(checkpoints.load(), 2)
    assert len(list(checkpoints.folder.iterdir())) == 2


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two states."""
    checkpoints = Checkpoints.of_run(tmp_path_factory.mktemp("pair"))
    checkpoints.save(state(1))
    checkpoints.save(state(2))
    return checkpoints


def test_a_damaged_one_does_not_count_among_those_that_are_kept(checkpoints):
    for number in range(3):
        checkpoints.save(state(number))
    newest(checkpoints).write_bytes(b"")
    assert_is(checkpoints.recover(print), 1)
    checkpoints.save(state(3))
    newest(checkpoints).write_bytes(b"")
    assert_is(checkpoints.load(), 1)


@settings(max_examples=200)
@given(st.data())
def test_a_changed_byte_or_a_cut_leads_to_the_one_before(pair, data):
    path = newest(pair)
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    change = data.draw(st.integers(0, 255))
    broken = whole[:place] + (bytes([whole[place] ^ change]) + whole[place + 1 :] if change else b"")
    path.write_bytes(broken)
    try:
        told = []
        assert_is(pair.load(), 1)
        assert path.exists()
        assert_is(pair.recover(told.append), 1)
        assert told == [f"{path} is damaged; going on from the checkpoint before"]
    finally:
        path.write_bytes(whole)


def test_without_a_whole_one_there_is_no_going_on(checkpoints):
    with pytest.raises(InputError, match=r"no run folder .*run; check the path"):
        checkpoints.load()
    checkpoints.folder.mkdir(parents=True)
    with pytest.raises(InputError, match="run: nothing to go on from"):
        checkpoints.load()
    checkpoints.save(state(1))
    newest(checkpoints).write_bytes(b"")
    with pytest.raises(InputError, match=r"no checkpoint that is whole; delete .*/run, and train anew"):
        checkpoints.load()


def test_what_cannot_be_read_is_told_and_stays(checkpoints, monkeypatch):
    for number in range(3):
        checkpoints.save(state(number))
    digest = checkpoint.sha256_of

    def fail(path):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(checkpoint, "sha256_of", fail)
    for read in (checkpoints.load, lambda: checkpoints.recover(print)):
        with pytest.raises(InputError, match=r"^cannot read .*/00000003-\w+\.npz: Too many open files$"):
            read()
    monkeypatch.setattr(checkpoint, "sha256_of", digest)
    assert_is(checkpoints.load(), 2)


def test_a_whole_one_for_which_the_memory_is_too_small_is_told_and_stays(checkpoints, monkeypatch):
    checkpoints.save(state(1))
    checkpoints.save(state(2))
    with monkeypatch.context() as patch:
        patch.setattr(np.lib.format, "read_array", lambda *_, **__: np.empty(2**50))
        with pytest.raises(InputError, match=r"^not enough memory to read .*/00000002-\w+\.npz; free some$"):
            checkpoints.recover(print)
    assert_is(checkpoints.load(), 2)


def npz(header):
    """A state whose facts have such a header."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("facts.npy", b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        npz(b"{"),
        npz(b"{'descr': '|u1', 'fortran_order': False, 'shape': (" + b"9" * 30 + b",)}"),
        npz(b"{'descr': '|u1', 'fortran_order': False, 'shape': (0,)}"),
    ],
)
def test_a_whole_one_of_something_else_is_told_and_stays(checkpoints, content):
    checkpoints.save(state(1))
    path = checkpoints.folder / f"00000002-{sha256(content).hexdigest()}.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="/run: the checkpoint is of another version of this program"):
        checkpoints.recover(print)
    assert path.exists()
    assert checkpoints.read_facts() == state(1).facts


KILLED = """
import os, platform, sys
from cocoqa_keras.files import atomic_path
platform.node = lambda: "another.host"
with atomic_path(sys.argv[1]) as path:
    path.write_bytes(b"half")
    os._exit(9)
"""


def kill_in_the_middle_of_saving(checkpoints):
    """A process on another machine."""
    process = [sys.executable, "-c", KILLED, checkpoints.folder / "00000003.npz"]
    assert subprocess.run(process, check=False).returncode == 9
    assert list(checkpoints.folder.glob(".*/new/00000003.npz"))


def test_what_was_killed_on_another_machine_is_cleared_away(checkpoints):
    checkpoints.save(state(1))
    kill_in_the_middle_of_saving(checkpoints)
    assert_is(checkpoints.recover(print), 1)
    assert [path.suffix for path in checkpoints.folder.iterdir()] == [".npz"]
    kill_in_the_middle_of_saving(checkpoints)
    checkpoints.remove()
    assert not checkpoints.folder.exists()


def test_nothing_but_states_is_removed(checkpoints):
    checkpoints.save(state(1))
    for name in ("thesis.npz", "2.npz", ".00000001.npz", "00000003.npz"):
        (checkpoints.folder / name).touch()
    checkpoints.save(state(2))
    checkpoints.remove()
    names = {path.name for path in checkpoints.folder.iterdir()}
    assert names == {"thesis.npz", "2.npz", ".00000001.npz"}


def test_what_another_process_removes_at_the_same_time_is_removed(checkpoints, monkeypatch):
    checkpoints.save(state(1))
    checkpoints.save(state(2))
    unlink = Path.unlink

    def twice(path):
        unlink(path)
        unlink(path)

    monkeypatch.setattr(Path, "unlink", twice)
    checkpoints.remove()
    assert not checkpoints.folder.exists()


def test_one_that_cannot_be_removed_is_told_and_the_others_go(checkpoints, monkeypatch):
    checkpoints.save(state(1))
    checkpoints.save(state(2))
    kept, unlink = min(checkpoints.folder.glob("*.npz")), Path.unlink

    def refuse(path):
        if path == kept:
            raise PermissionError(errno.EACCES, "Permission denied")
        unlink(path)

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(InputError, match=f"^cannot delete {kept}: Permission denied; delete it by hand$"):
        checkpoints.remove()
    assert list(checkpoints.folder.iterdir()) == [kept]


@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_disk_that_gets_full_leaves_the_one_before(checkpoints, monkeypatch, written):
    checkpoints.save(state(1))

    def savez(path, **arrays):
        path.write_bytes(b"PK\x03\x04"[:written])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint.np, "savez", savez)
    with pytest.raises(InputError, match="No space left on device"):
        checkpoints.save(state(2))
    assert_is(checkpoints.load(), 1)
    assert len(list(checkpoints.folder.iterdir())) == 1


def change(content, place):
    content[place] ^= 1


def cut(content, place):
    del content[place:]


@pytest.mark.parametrize("fault", [change, cut])
def test_what_the_disk_did_not_take_is_no_checkpoint(checkpoints, monkeypatch, fault):
    checkpoints.save(state(1))
    savez = np.savez

    def forgetful(path, **arrays):
        savez(path, **arrays)
        content = bytearray(path.read_bytes())
        fault(content, content.index(arrays["weights/0"].tobytes()))
        path.write_bytes(content)

    monkeypatch.setattr(checkpoint.np, "savez", forgetful)
    with pytest.raises(InputError, match="what was written is not what is read back"):
        checkpoints.save(state(2))
    assert_is(checkpoints.load(), 1)
