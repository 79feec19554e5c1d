"""Files and folders that are either whole or absent: written under a temporary name, then renamed."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cocoqa_keras.errors import InputError


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`, renamed to `path` when the block ends well.

    The folder is made where it is missing. When the block raises, nothing is left behind and an
    older file of that name stays as it was. The suffix of `path` is kept, since writers such as
    `numpy.savez` and matplotlib choose by it.

    Args:
        path: the final name.

    Raises:
        InputError: the folder cannot be written to, or the disk is full.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        if temporary.exists():
            temporary.unlink()


@contextmanager
def atomic_folder(
    folder: str | Path, kind: str = "an empty folder", mark: str | None = None, last: str | None = None
) -> Iterator[Path]:
    """Yields a new folder beside `folder` that becomes `folder` when the block ends well.

    When the block raises, nothing is left behind and an older folder stays as it was.

    Args:
        folder: the final name.
        kind: what the older folder of that name must be, for the error message. It may always be empty.
        mark: a file that tells such an older folder, or None where it must be empty.
        last: None to replace the older folder. Otherwise it is kept, and the new files are moved into it one
            by one: `last`, without which the others are of no use, is removed first and comes last, so that
            a move cut short leaves no mixture of old and new.

    Raises:
        InputError: the older folder is something else, the place cannot be written to, or the disk is full.
    """
    folder = Path(folder)
    place = folder.resolve()  # to write on the disk where it lies, also where `folder` is a link
    try:
        _check_replaceable(folder, kind, mark)
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as temporary:
            unfinished = Path(temporary) / "new"
            unfinished.mkdir()
            yield unfinished
            _check_replaceable(folder, kind, mark)  # another process may have been faster
            if last is not None and place.exists():
                _move_files(unfinished, place, last)
            else:
                if place.exists():
                    place.rename(Path(temporary) / "old")
                unfinished.rename(place)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def write_text(path: str | Path, text: str) -> None:
    """Writes `text` as UTF-8 to `path`, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _check_replaceable(folder: Path, kind: str, mark: str | None) -> None:
    is_one = mark is not None and (folder / mark).is_file()
    if folder.exists() and not is_one and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputError(f"{folder} exists and is not {kind}; choose another folder")


def _move_files(source: Path, target: Path, last: str) -> None:
    (target / last).unlink(missing_ok=True)
    for path in sorted(source.iterdir(), key=lambda path: (path.name == last, path.name)):
        path.replace(target / path.name)


def _cannot_write(path: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(f"cannot write {path}: {reason}; choose another folder or free some space")
