"""Files on this machine or behind a URL such as `s3://bucket/name`: found, read and written alike."""

import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem
from fsspec.utils import glob_translate

from cocoqa_keras.errors import InputError
from cocoqa_keras.files import atomic_path


class StoredFile(NamedTuple):
    """A file to read.

    Attributes:
        place: its path or URL, as a user writes it.
        name: its path below the folders that the pattern names without wildcards, so that no two that it
            finds have the same.
        size: in bytes; None for a pipe, which can only be read through, once.
        filesystem: where it lies.
        path: its path there.
    """

    place: str
    name: str
    size: int | None
    filesystem: AbstractFileSystem
    path: str

    def open(self, start: int, end: int | None) -> BinaryIO:
        """Its bytes from `start` to before `end`, or as many as there are. A pipe is opened whole.

        Raises:
            InputError: it cannot be read.
        """
        with _reported(self.place, self.filesystem):
            if self.size is None:
                return Path(self.path).open("rb")
            end = min(end, self.size)
            # Some file systems refuse an empty range, and have another order of parameters.
            content = self.filesystem.cat_file(self.path, start=start, end=end) if start < end else b""
        if len(content) != max(end - start, 0):
            raise InputError(
                f"{self.place}: {end - start} bytes were asked for and {len(content)} came; it has changed, "
                "or its server knows no ranges: fetch the file first, or start again"
            )
        return io.BytesIO(content)


class OutputFolder:
    """A folder that is written to, of files that are each whole or absent.

    Args:
        place: its path or URL; it need not exist.

    Raises:
        InputError: it is a file, or behind a URL of a kind that is not known.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self._filesystem, self._path = _locate(place)
        with _reported(place, self._filesystem):
            if self._filesystem.isfile(self._path):
                raise InputError(f"{place} is a file; choose a folder")

    def names(self) -> set[str]:
        """The files in it, named from here; not those with a dot first in their path, maybe unfinished."""
        with _reported(self.place, self._filesystem):
            self._filesystem.invalidate_cache()
            paths = self._filesystem.find(self._path)
        names = (path.removeprefix(self._path).lstrip("/") for path in paths)
        return {name for name in names if not is_hidden(name)}

    def holds(self, file: StoredFile) -> bool:
        """Whether a file lies in it."""
        if type(file.filesystem) is not type(self._filesystem):
            return False
        if isinstance(self._filesystem, LocalFileSystem):  # where the file, or its folder, may be a link
            folder = os.path.realpath(self._path)
            paths = (Path(file.path), Path(file.path).parent)
            return any(Path(os.path.realpath(path)).is_relative_to(folder) for path in paths)
        return file.path.startswith(self._path_of(""))

    def is_found(self, name: str, pattern: str) -> bool:
        """Whether `find_files` with wildcards would find the file of a name in it."""
        filesystem, path = _locate(pattern)
        is_there = type(filesystem) is type(self._filesystem)
        return is_there and re.match(glob_translate(path), self._path_of(name)) is not None

    def open(self, name: str) -> BinaryIO:
        """A file in it, to read.

        Raises:
            InputError: it cannot be read.
        """
        with _reported(self.place_of(name), self._filesystem):
            return io.BufferedReader(self._filesystem.open(self._path_of(name), "rb"))

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """Yields a temporary path that becomes the file when the block ends well.

        Behind a URL the file is sent in one piece then, and an object store shows it once it is whole.

        Raises:
            InputError: it cannot be written.
        """
        if isinstance(self._filesystem, LocalFileSystem):
            with atomic_path(self._path_of(name)) as temporary:
                yield temporary
            return
        with tempfile.TemporaryDirectory() as folder:
            temporary = Path(folder) / "file"
            try:
                yield temporary
            except OSError as error:
                raise InputError(
                    f"cannot write {temporary}: {error.strerror or error}; free some space, or name another "
                    "folder by TMPDIR"
                ) from error
            with _reported(self.place_of(name), self._filesystem):
                self._filesystem.put_file(str(temporary), self._path_of(name))

    def place_of(self, name: str) -> str:
        """The path or URL of a file in it, for people."""
        return f"{self.place.rstrip('/')}/{name}"

    def _path_of(self, name: str) -> str:
        return f"{self._path.rstrip('/')}/{name}"


def is_hidden(name: str) -> bool:
    """Whether a path or part of it begins with a dot, as the folders of unfinished files do."""
    return any(part.startswith(".") for part in name.split("/"))


def find_files(pattern: str) -> list[StoredFile]:
    """The files that are meant by a path, a URL, or either with wildcards (`*`, `?`, `[a-z]`, `**`), by name.

    Raises:
        InputError: there are none, it is a folder, or the URL is of a kind that is not known.
    """
    filesystem, path = _locate(pattern)
    with _reported(pattern, filesystem):
        is_file = filesystem.exists(path)  # a name may have brackets
        found = {path: filesystem.info(path)} if is_file else filesystem.glob(path, detail=True)
    found = {path: _followed(filesystem, path, info) for path, info in found.items()}
    if is_file and found[path]["type"] == "directory":
        raise InputError(f"{pattern} is a folder; name its files, as in {pattern.rstrip('/')}/*.jsonl")
    base, base_path = (text if is_file else re.split(r"[*?[]", text)[0] for text in (pattern, path))
    base, base_path = (text[: text.rfind("/") + 1] for text in (base, base_path))
    files = []
    for path, info in sorted(found.items()):
        if info["type"] != "directory":
            name = path.removeprefix(base_path)
            size = info["size"] if info["type"] == "file" else None
            files.append(StoredFile(base + name, name, size, filesystem, path))
    if not files:
        raise InputError(f"{pattern}: No such file, and none that matches; give a file of JSON lines")
    return files


def _followed(filesystem: AbstractFileSystem, path: str, info: dict[str, Any]) -> dict[str, Any]:
    """What a link leads to; in a list of files, it is neither a file nor a folder."""
    if info["type"] in ("file", "directory"):
        return info
    with _reported(path, filesystem):
        return filesystem.info(path)


def _locate(place: str) -> tuple[AbstractFileSystem, str]:
    """The file system of a path or URL, and the path there."""
    try:
        return url_to_fs(place)
    except (ValueError, ImportError) as error:
        raise InputError(f"{place}: {error}; give a path, or install what reads such a URL") from error


@contextmanager
def _reported(place: str, filesystem: AbstractFileSystem) -> Iterator[None]:
    """Says in one line why a file system fails; those behind URLs have exceptions of all kinds for it."""
    try:
        yield
    except Exception as error:
        is_local = isinstance(filesystem, LocalFileSystem)
        if isinstance(error, InputError) or (is_local and not isinstance(error, OSError)):
            raise
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InputError(f"{place}: {reason}; check the name and the right to use it") from error
