"""Keeps other processes out of a folder."""

import errno
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from cocoqa_keras.errors import InputError

LOCK_FILE = ".lock"

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def locked(folder: str | Path) -> Iterator[None]:
    """Keeps other processes, and other blocks of this one, out of a folder until the block ends.

    The folder is made where it is missing, and removed again if nothing comes into it. The lock is the
    operating system's, on a file `.lock` in the folder: it ends with the process, whatever ends that. The
    file is removed with the block; one that a killed process leaves holds nobody up. Where the file system
    knows no locks (some NFS), the block runs without, or, where the system itself has none, with a file that
    holds others up as long as its process runs.

    Args:
        folder: the folder.

    Raises:
        InputError: another process is in it, or the file cannot be written.
    """
    path = Path(folder) / LOCK_FILE
    lock = FileLock(path, timeout=0)
    is_new_folder = is_new_file = False
    try:
        is_new_folder = not path.parent.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new_file = not path.exists()
        with warnings.catch_warnings():  # that the system has no locks
            warnings.simplefilter("ignore")
            lock.acquire()
    except Timeout as error:
        raise InputError(f"{folder} is in use by another process; wait until it has ended") from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            _remove(path, is_new_file, is_new_folder)
            reason = error.strerror or error
            raise InputError(f"cannot write to {folder}: {reason}; choose another folder") from error
    try:
        yield
    finally:
        # While it is locked: who has opened this very file sees that it is gone.
        _remove(path, lock.is_locked or is_new_file, is_new_folder)
        lock.release()


def _remove(path: Path, is_ours: bool, is_new_folder: bool) -> None:
    """Removes the file, unless another process may hold it, and a new folder that nothing came into."""
    with suppress(OSError):  # the folder may be gone, or hold something by now
        if is_ours:
            path.unlink(missing_ok=True)
        if is_new_folder:
            path.parent.rmdir()
