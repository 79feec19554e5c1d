"""Files and folders that are either whole or absent: written in a hidden folder beside, then renamed."""

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cocoqa_keras.errors import InputError

_NEW, _OLD = "new", "old"  # in the hidden folder


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
        place = path.resolve()  # to write on the disk where it lies, also where `path` is a link
        if place.exists() and not place.is_file():
            raise InputError(f"cannot write {path}: it exists and is not a file; choose another name")
        with _hidden_folder(place) as hidden:
            yield hidden / path.name
            move_file(hidden / path.name, place)
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
            that a process that is killed meanwhile leaves no mixture of old and new.

    Raises:
        InputError: the older folder is something else, the place cannot be written to, or the disk is full.
    """
    folder = Path(folder)
    try:
        place = folder.resolve()  # to write on the disk where it lies, also where `folder` is a link
        _check_replaceable(folder, kind, mark)
        with _hidden_folder(place) as hidden:
            unfinished = hidden / _NEW
            unfinished.mkdir()
            yield unfinished
            for path in (*unfinished.rglob("*"), unfinished):
                _sync(path)
            _check_replaceable(folder, kind, mark)  # another process may have been faster
            if last is not None and place.exists():
                _merge(place, unfinished, hidden / _OLD, last)
            else:
                _exchange(place, unfinished, hidden / _OLD)
            _sync(place.parent)
    except OSError as error:
        raise cannot_write(folder, error) from error


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
    return InputError(f"cannot write {path}: {_reason(error)}; choose another folder or free some space")


@contextmanager
def _hidden_folder(place: Path) -> Iterator[Path]:
    """A folder beside `place`, removed in the end, with those of processes that were killed at this work.

    Its name tells `place`, machine and process.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{place.name}.{platform.node()}."
    pattern = re.compile(rf"{re.escape(prefix)}(\d+)\..*")
    for path in place.parent.iterdir():
        match = pattern.fullmatch(path.name)
        if match and not _is_running(int(match[1])):
            if (path / _OLD).exists() and not place.exists():  # killed while folders changed places
                (path / _OLD).rename(place)
            shutil.rmtree(path, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{prefix}{os.getpid()}.", dir=place.parent) as hidden:
        yield Path(hidden)


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


def _check_replaceable(folder: Path, kind: str, mark: str | None) -> None:
    is_one = mark is not None and (folder / mark).is_file()
    if folder.exists() and not is_one and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputError(f"{folder} exists and is not {kind}; choose another folder")


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


def _merge(place: Path, new: Path, old: Path, last: str) -> None:
    """Moves the files of `new` to `place`, and those that they replace to `old`."""
    names = sorted((path.name for path in new.iterdir()), key=lambda name: (name == last, name))
    old.mkdir()
    try:
        for name in reversed(names):
            if (place / name).exists():
                (place / name).rename(old / name)
        for name in names:
            (new / name).rename(place / name)
    except BaseException:
        for name in names:
            if (old / name).exists():
                (old / name).replace(place / name)
            elif not (new / name).exists():
                (place / name).unlink()
        raise


def _reason(error: Exception) -> str:
    """The reason in a few words; HDF5 hides the number of the error in a long text."""
    number = re.search(r"errno = (\d+)", str(error))
    if number:
        return os.strerror(int(number[1]))
    return getattr(error, "strerror", None) or str(error).partition("\n")[0]
