"""The states of a round on disk."""

import errno

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
    with pytest.raises(InputError, match=r"no run folder .*run; look into --output"):
        checkpoints.load()
    checkpoints.folder.mkdir(parents=True)
    with pytest.raises(InputError, match="run: nothing to go on from"):
        checkpoints.load()
    checkpoints.save(state(1))
    newest(checkpoints).write_bytes(b"")
    with pytest.raises(InputError, match="no checkpoint that is whole"):
        checkpoints.load()


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


def test_what_the_disk_did_not_take_is_no_checkpoint(checkpoints, monkeypatch):
    checkpoints.save(state(1))
    savez = np.savez

    def forgetful(path, **arrays):
        savez(path, **arrays)
        content = bytearray(path.read_bytes())
        place = content.index(arrays["weights/0"].tobytes())
        content[place] ^= 1
        path.write_bytes(content)

    monkeypatch.setattr(checkpoint.np, "savez", forgetful)
    with pytest.raises(InputError, match="what was written is not what is read back"):
        checkpoints.save(state(2))
    assert_is(checkpoints.load(), 1)
