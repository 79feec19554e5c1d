"""A folder that only one process may be in."""

import errno
import os
import shutil
import subprocess
import sys
from contextlib import suppress

import pytest

from cocoqa_keras.errors import InputError
from cocoqa_keras.locks import locked

HOLDER = """
import sys
from cocoqa_keras.locks import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that is in the folder until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path / "folder"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_folder_that_another_process_is_in_is_refused_at_once(holder, tmp_path):
    message = f"{tmp_path}/folder is in use by another process; wait until it has ended"
    with pytest.raises(InputError, match=message), locked(tmp_path / "folder"):
        pass
    holder.communicate()
    with locked(tmp_path / "folder"):
        pass
    assert not list(tmp_path.rglob(".lock"))


def test_a_folder_is_there_afterwards_if_something_came_into_it(tmp_path):
    with locked(tmp_path / "a" / "folder"):
        assert (tmp_path / "a" / "folder").is_dir()
    assert not (tmp_path / "a" / "folder").exists()
    with locked(tmp_path / "a" / "folder"):
        (tmp_path / "a" / "folder" / "file").touch()
    assert [path.name for path in (tmp_path / "a" / "folder").iterdir()] == ["file"]


def test_a_process_that_is_killed_leaves_the_folder_free(holder, tmp_path):
    holder.kill()
    holder.wait()
    assert [path.name for path in (tmp_path / "folder").iterdir()] == [".lock"]
    with locked(tmp_path / "folder"):
        pass
    assert not list(tmp_path.rglob(".lock"))


def test_blocks_of_one_process_keep_each_other_out(tmp_path):
    with locked(tmp_path):
        with pytest.raises(InputError, match="in use"), locked(tmp_path):
            pass
        with pytest.raises(InputError, match="in use"), locked(tmp_path):
            pass
    with locked(tmp_path):
        pass


def test_a_block_that_fails_leaves_the_folder_free(tmp_path):
    with pytest.raises(ValueError, match="a bug"), locked(tmp_path / "folder"):
        raise ValueError("a bug")
    with locked(tmp_path / "folder"):
        shutil.rmtree(tmp_path / "folder")  # as a run that came to nothing does


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    message = r"cannot write to .*file/folder: Not a directory; choose"
    with pytest.raises(InputError, match=message), locked(tmp_path / "file" / "folder"):
        pass


def test_a_folder_that_cannot_be_locked_is_not_left_behind(tmp_path, monkeypatch):
    def flock(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("fcntl.flock", flock)
    message = r"cannot write to .*folder: Input/output error; choose"
    with pytest.raises(InputError, match=message), locked(tmp_path / "folder"):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("reason", [errno.EACCES, errno.EMFILE, errno.ENOSPC, errno.ENOLCK])
def test_whoever_cannot_lock_a_folder_leaves_the_lock_of_another(reason, holder, tmp_path, monkeypatch):
    def acquire(_):
        raise OSError(reason, os.strerror(reason))

    with monkeypatch.context() as patch, suppress(InputError):
        patch.setattr("cocoqa_keras.locks.FileLock.acquire", acquire)
        with locked(tmp_path / "folder"):
            pass
    with pytest.raises(InputError, match="in use"), locked(tmp_path / "folder"):
        pass


@pytest.mark.parametrize("reason", [errno.ENOLCK, errno.ENOSYS])
def test_a_file_system_without_locks_is_used_without(reason, tmp_path, monkeypatch):
    def flock(*_):
        raise OSError(reason, "No locks available")

    monkeypatch.setattr("fcntl.flock", flock)
    with locked(tmp_path / "folder"):
        pass
    assert not list(tmp_path.rglob(".lock"))
