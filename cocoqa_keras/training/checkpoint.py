"""The states of a round of training on disk, from which it goes on after it was cut short."""

import json
import re
import shutil
import tokenize
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cocoqa_keras.digests import sha256_of
from cocoqa_keras.errors import InputError
from cocoqa_keras.files import atomic_path, cannot_write, move_file

KEPT = 2  # checkpoints: the newest, and the one before in case the newest gets damaged

_FACTS = "facts"
_FILE = re.compile(r"(\d{8})-([0-9a-f]{64})\.npz")
_UNFINISHED = re.compile(r"\d{8}\.npz|\.\d{8}\.npz\..+")  # the latter is the hidden folder of `atomic_path`
_NOT_OURS = (  # what zipfile, numpy and json raise
    zipfile.BadZipFile,
    tokenize.TokenError,
    EOFError,
    KeyError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class Checkpoint:
    """A state.

    Attributes:
        facts: what JSON can hold.
        arrays: the rest.
    """

    facts: dict[str, Any]
    arrays: Mapping[str, np.ndarray]


class Checkpoints:
    """The folder of a round's states.

    A state is a file `NUMBER-SHA256.npz`. The name has the digest of the content and is given once the
    content is whole on disk, so that a file that was cut short or has changed since is never taken for a
    state. The oldest are deleted once a newer one is whole. Only whoever holds the folder's lock saves, so
    that what is found unfinished then is nobody's, whichever machine it is from.

    Args:
        folder: where the files are; it is made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_run(cls, folder: Path) -> "Checkpoints":
        """Those of a run folder."""
        return cls(folder / "checkpoint")

    def check_presence(self) -> None:
        """Sees to it that there is a file of a state, whole or not.

        Raises:
            InputError: there is none, or the folder cannot be read.
        """
        if not self._files():
            if not self.folder.parent.is_dir():
                raise InputError(f"no run folder {self.folder.parent}; check the path")
            raise InputError(f"{self.folder.parent}: nothing to go on from: it is finished, or never began")

    def save(self, checkpoint: Checkpoint) -> None:
        """Writes a state beside those that there are, and deletes the oldest.

        Raises:
            InputError: the folder cannot be written to, or the disk is full; the older states are whole.
        """
        files = self._files()
        number = 1 + max((_number(path) for path in files), default=0)
        unnamed = self.folder / f"{number:08d}.npz"
        with atomic_path(unnamed) as temporary:
            _write(temporary, checkpoint)
        try:
            move_file(unnamed, self.folder / f"{number:08d}-{sha256_of(unnamed)}.npz")
        except OSError as error:
            raise cannot_write(unnamed, error) from error
        with suppress(InputError):  # the next one deletes it
            self._delete_all_but(self._files()[-KEPT:])

    def read_facts(self) -> dict[str, Any]:
        """Reads no more than the facts, and does not check the rest: enough to tell whose states they are.

        Returns:
            those of the newest state that has any.

        Raises:
            InputError: there is none.
        """
        for path in reversed(self._files()):
            with suppress(InputError), _opened(path) as archive:
                return _facts(archive)
        raise InputError(f"{self.folder}: no checkpoint that can be read")

    def load(self) -> Checkpoint:
        """Reads the newest state that is whole; nothing changes, so that any process may.

        Raises:
            InputError: there is none, or it cannot be read.
        """
        return self._newest()[0]

    def recover(self, tell: Callable[[str], None]) -> Checkpoint:
        """The same, for the process that goes on from it: damaged states are deleted.

        They would count among those that are kept otherwise, in place of whole ones. Unfinished ones go, too.

        Args:
            tell: is given a line for each of them.

        Raises:
            InputError: there is none that is whole, or it cannot be read; nothing is deleted.
        """
        checkpoint, damaged = self._newest()
        for path in damaged:
            tell(f"{path} is damaged; going on from the checkpoint before")
        with suppress(InputError):  # `remove` tells
            self._delete_all_but(set(self._files()).difference(damaged))
        return checkpoint

    def _newest(self) -> tuple[Checkpoint, list[Path]]:
        """The newest state that is whole, and the files of newer ones that are not."""
        self.check_presence()
        damaged = []
        for path in reversed(self._files()):
            if _is_whole(path):
                return _read(path), damaged
            damaged.append(path)
        raise InputError(
            f"{self.folder}: no checkpoint that is whole; delete {self.folder.parent}, and train anew"
        )

    def remove(self) -> None:
        """Deletes the states: the round needs none any more. The folder stays while it is locked.

        Raises:
            InputError: one cannot be deleted; the others are.
        """
        self._delete_all_but([])
        self.remove_folder()

    def remove_folder(self) -> None:
        """Deletes the folder, if nothing is in it."""
        with suppress(OSError):
            self.folder.rmdir()

    def _files(self) -> list[Path]:
        """The files of states by their numbers."""
        return sorted(self._paths(_FILE), key=_number)

    def _paths(self, name: re.Pattern[str]) -> list[Path]:
        """What there is of such a name.

        Raises:
            InputError: the folder cannot be read.
        """
        try:
            return [path for path in self.folder.iterdir() if name.fullmatch(path.name)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise _cannot_read(self.folder, error) from error

    def _delete_all_but(self, kept: Collection[Path]) -> None:
        """Deletes states, finished or not, and nothing else.

        Raises:
            InputError: one cannot be deleted; the others are.
        """
        refused = []
        for path in (*self._paths(_FILE), *self._paths(_UNFINISHED)):
            if path not in kept:
                try:
                    _delete(path)
                except OSError as error:
                    refused.append(f"cannot delete {path}: {error.strerror or error}; delete it by hand")
        if refused:
            raise InputError(refused[0])


def other_version(folder: Path) -> InputError:
    """What a user is told of a run folder whose checkpoint has not what it should have."""
    return InputError(f"{folder}: the checkpoint is of another version of this program; train anew")


def _number(path: Path) -> int:
    return int(_FILE.fullmatch(path.name).group(1))


def _cannot_read(path: Path, error: OSError) -> InputError:
    return InputError(f"cannot read {path}: {error.strerror or error}")


def _delete(path: Path) -> None:
    """Deletes a file or a folder, unless another process was faster."""
    with suppress(FileNotFoundError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _write(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a state, and compares what is on disk with the checksums of what was to be written."""
    facts = np.frombuffer(json.dumps(checkpoint.facts).encode(), np.uint8)
    np.savez(path, **{_FACTS: facts}, **checkpoint.arrays)
    with suppress(*_NOT_OURS), zipfile.ZipFile(path) as archive:
        if archive.testzip() is None:
            return
    raise OSError("what was written is not what is read back")


def _is_whole(path: Path) -> bool:
    """Whether a file has the content that its name tells."""
    try:
        return sha256_of(path) == _FILE.fullmatch(path.name).group(2)
    except OSError as error:
        raise _cannot_read(path, error) from error


def _read(path: Path) -> Checkpoint:
    """A state."""
    with _opened(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist()]
        arrays = {name: _array(archive, name) for name in names if name != _FACTS}
        return Checkpoint(_facts(archive), arrays)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The file of a state, to be read.

    Raises:
        InputError: it cannot be opened or read, or is not what this program writes.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_sizes(archive.infolist(), path.stat().st_size)
            yield archive
    except OSError as error:
        raise _cannot_read(path, error) from error
    except MemoryError as error:
        raise InputError(f"not enough memory to read {path}; free some") from error
    except _NOT_OURS as error:
        raise other_version(path.parent.parent) from error


def _check_sizes(members: list[zipfile.ZipInfo], size: int) -> None:
    """Refuses what is packed, or in which members share bytes: it may fill the memory."""
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ValueError("members are packed")
    if sum(member.file_size for member in members) > size:
        raise ValueError("members are larger than the file")


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(f"{name}.npy") as member:
        return np.lib.format.read_array(member, allow_pickle=False)


def _facts(archive: zipfile.ZipFile) -> dict[str, Any]:
    return dict(json.loads(_array(archive, _FACTS).tobytes()))
