"""Files and folders that are either whole or absent: written in a hidden folder beside, then renamed."""

import errno
import hashlib
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cocoqa_keras.errors import InputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_NEW, _OLD, _REPLACED, _LOCK = "new", "old", "replaced", ".lock"  # in the hidden folder
_LONGEST_NAME = 100  # bytes; of 255 that a name may have, the hidden folder's needs some for more than this


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yields a temporary path on the same disk, renamed to `path` when the block ends well.

    The folder is made where it is missing. When the block raises, nothing is left behind and an
    older file of that name stays as it was; when the power fails, there is the older file or the new one. The
    name is that of `path`, since writers such as `numpy.savez` and matplotlib choose by the suffix.

    Args:
        path: the final name.

    Raises:
        InputError: the folder cannot be written to, the disk is full, or `path` is a folder or a device.
    """
    path = Path(path)
    try:
        place = _resolved(path)
        if place.exists() and not place.is_file():
            raise InputError(f"cannot write {path}: it exists and is not a file; choose another name")
        _clear_up(place)
        with _hidden_folder(place) as hidden:
            yield hidden / _NEW / path.name
            move_file(hidden / _NEW / path.name, place)
    except OSError as error:
        raise cannot_write(path, error) from error


@contextmanager
def atomic_folder(
    folder: str | Path, kind: str = "an empty folder", mark: str | None = None, last: str | None = None
) -> Iterator[Path]:
    """Yields a new folder on the same disk that becomes `folder` when the block ends well.

    When the block raises, nothing is left behind and an older folder stays as it was.

    Args:
        folder: the final name.
        kind: what the older folder of that name must be, for the error message. It may always be empty.
        mark: a file that tells such an older folder, or None where it must be empty.
        last: None to replace the older folder. Otherwise it is kept, and the new files are moved into it one
            by one: `last`, without which the others are of no use, is moved away first and comes last, so
            that a process that is killed meanwhile leaves no mixture of old and new. The next to write there
            moves the rest.

    Raises:
        InputError: the older folder is something else, the place cannot be written to, or the disk is full.
    """
    folder = Path(folder)
    try:
        place = _resolved(folder)
        _clear_up(place)
        check_replaceable(folder, kind, mark)
        with _hidden_folder(place) as hidden:
            unfinished = hidden / _NEW
            yield unfinished
            for path in (*unfinished.rglob("*"), unfinished):
                _sync(path)
            check_replaceable(folder, kind, mark)  # another process may have been faster
            if last is not None and place.exists():
                _merge(place, unfinished, hidden / _REPLACED / last)
            else:
                _exchange(place, unfinished, hidden / _OLD)
            _sync(place.parent)
    except OSError as error:
        raise cannot_write(folder, error) from error


def check_writable(folder: str | Path) -> None:
    """Makes sure that the folder of --output can be written to, or made; nothing is left there.

    Raises:
        InputError: it cannot.
    """
    place = Path(folder).absolute()
    try:
        existing = next(path for path in (place, *place.parents) if path.exists())
        with tempfile.TemporaryDirectory(prefix=".", dir=existing):
            pass
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}; choose another --output") from error


def check_replaceable(folder: Path, kind: str, mark: str | None) -> None:
    """Makes sure that `atomic_folder`, of the same arguments, may replace what is there.

    Raises:
        InputError: it is something else.
    """
    is_one = mark is not None and (folder / mark).is_file()
    if folder.exists() and not is_one and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputError(f"{folder} exists and is not {kind}; choose another folder")


def write_text(path: str | Path, text: str) -> None:
    """Writes `text` as UTF-8 to `path`, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def move_file(source: Path, target: Path) -> None:
    """Renames a whole file on one disk; when the power fails, it is whole under one of the names.

    Raises:
        OSError: it stays where it is.
    """
    _sync(source)
    source.replace(target)
    _sync(target.parent)


def cannot_write(path: str | Path, error: Exception) -> InputError:
    """What a user is told of a file or folder that cannot be written."""
    advice = "choose another folder or free some space"
    if getattr(error, "errno", None) == errno.ENAMETOOLONG:
        advice = "choose a shorter name"
    return InputError(f"cannot write {path}: {_reason(error)}; {advice}")


def _resolved(path: Path) -> Path:
    """Where it lies, also where `path` is a link: the disk to write on."""
    try:
        return path.resolve()
    except RuntimeError as error:  # up to Python 3.12, of links in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error


@contextmanager
def _hidden_folder(place: Path) -> Iterator[Path]:
    """A folder beside `place`, removed in the end, with an empty folder `_NEW` in it.

    Its name tells `place`, machine and process. A lock in it tells that the process is running, since another
    container's, or one after a restart, may have the same number.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    prefix = f"{_prefix(place)}{os.getpid()}."
    with tempfile.TemporaryDirectory(prefix=prefix, dir=place.parent) as name:
        hidden = Path(name)
        with _held(hidden / _LOCK):  # not until the folder is removed: NFS keeps files that are open
            (hidden / _NEW).mkdir()
            yield hidden


def _prefix(place: Path) -> str:
    """How the names of the hidden folders of `place` begin on this machine."""
    name = os.fsencode(place.name)
    short = place.name if len(name) <= _LONGEST_NAME else hashlib.sha256(name).hexdigest()[:16]
    return f".{short}.{platform.node()}."


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Makes a file and holds its lock; where the file system knows no locks, it does not make it."""
    begun = path.with_suffix(".begun")  # nobody may find it before it is locked
    descriptor = os.open(begun, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if _lock(descriptor):
            begun.replace(path)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Locks a file; False where it is locked already, or cannot be."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (OSError, AttributeError):
        return False
    return True


def _clear_up(place: Path) -> None:
    """Brings to an end what killed processes left beside `place`, and removes their hidden folders."""
    pattern = re.compile(rf"{re.escape(_prefix(place))}(\d+)\..*")
    for path in place.parent.iterdir() if place.parent.is_dir() else ():
        match = pattern.fullmatch(path.name)
        if match:
            with suppress(PermissionError):  # it is somebody else's
                _clear_up_one(path, int(match[1]), place)


def _clear_up_one(hidden: Path, process: int, place: Path) -> None:
    try:
        descriptor = os.open(hidden / _LOCK, os.O_RDWR)
    except FileNotFoundError:  # it has only begun, or there are no locks
        if _is_running(process):
            return
        _put_in_place(hidden, place)
    else:
        try:
            if not _lock(descriptor):
                return
            _put_in_place(hidden, place)
        finally:
            os.close(descriptor)
    shutil.rmtree(hidden, ignore_errors=True)


def _put_in_place(hidden: Path, place: Path) -> None:
    """Ends what a process was killed at, be it `_exchange` or `_merge`."""
    if (hidden / _OLD).exists() and not place.exists():
        (hidden / _OLD).rename(place)
    if place.is_dir():
        for replaced in (hidden / _REPLACED).glob("*"):
            _merge(place, hidden / _NEW, replaced)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it is somebody else's
        pass
    return True


def _sync(path: Path) -> None:
    """Waits until the content of a file, or of a folder its names, are on the disk."""
    try:
        descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        if not path.is_dir():  # for folders, some systems cannot
            raise


def _exchange(place: Path, new: Path, old: Path) -> None:
    """Puts `new` in its place, and what is there to `old`."""
    if not place.exists():
        new.rename(place)
        return
    place.rename(old)
    try:
        new.rename(place)
    except BaseException:
        old.rename(place)
        raise


def _merge(place: Path, new: Path, old: Path) -> None:
    """Moves the files of `new` to `place`, and those that they replace to `old`; that of its name last.

    Whenever it is killed, it can be called again to move the rest: nothing is removed or replaced.
    """
    names = sorted((path.name for path in new.iterdir()), key=lambda name: (name == old.name, name))
    old.mkdir(parents=True, exist_ok=True)
    try:
        for name in reversed(names):
            if (place / name).exists():
                (place / name).rename(old / name)
        for name in names:
            (new / name).rename(place / name)
    except BaseException:
        for name in reversed(names):
            if not (new / name).exists():
                (place / name).rename(new / name)
        for name in names:
            if (old / name).exists():
                (old / name).rename(place / name)
        raise


def _reason(error: Exception) -> str:
    """The reason in a few words; HDF5 hides the number of the error in a long text."""
    number = re.search(r"errno = (\d+)", str(error))
    if number:
        return os.strerror(int(number[1]))
    return getattr(error, "strerror", None) or str(error).partition("\n")[0]
