"""The states of a round of training on disk, from which it goes on after it was cut short."""

import json
import re
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
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
_DAMAGE = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    RecursionError,
    MemoryError,
    NotImplementedError,
    zipfile.BadZipFile,
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
    state. The oldest are deleted once a newer one is whole.

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
            InputError: there is none.
        """
        if not self.folder.parent.is_dir():
            raise InputError(f"no run folder {self.folder.parent}; look into --output")
        if not self._files():
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
        for path in set(self.folder.glob("*.npz")).difference(self._files()[-KEPT:]):
            with suppress(OSError):  # the next one deletes it
                path.unlink()

    def load(self) -> Checkpoint:
        """Reads the newest state that is whole; nothing changes, so that any process may.

        Raises:
            InputError: there is none.
        """
        return self._newest()[0]

    def recover(self, tell: Callable[[str], None]) -> Checkpoint:
        """The same, for the process that goes on from it: damaged states are deleted.

        They would count among those that are kept otherwise, in place of whole ones.

        Args:
            tell: is given a line for each of them.

        Raises:
            InputError: there is none that is whole; the others stay.
        """
        checkpoint, damaged = self._newest()
        for path in damaged:
            tell(f"{path} is damaged; going on from the checkpoint before")
            path.unlink(missing_ok=True)
        return checkpoint

    def _newest(self) -> tuple[Checkpoint, list[Path]]:
        """The newest state that is whole, and the files of newer ones that are not."""
        self.check_presence()
        damaged = []
        for path in reversed(self._files()):
            checkpoint = _read(path)
            if checkpoint is not None:
                return checkpoint, damaged
            damaged.append(path)
        raise InputError(f"{self.folder}: no checkpoint that is whole; train anew")

    def remove(self) -> None:
        """Deletes the states: the round needs none any more. The folder stays while it is locked."""
        for path in self.folder.glob("*.npz"):
            path.unlink()
        self.remove_folder()

    def remove_folder(self) -> None:
        """Deletes the folder, if nothing is in it."""
        with suppress(OSError):
            self.folder.rmdir()

    def _files(self) -> list[Path]:
        """The files of states by their numbers."""
        if not self.folder.is_dir():
            return []
        return sorted((path for path in self.folder.iterdir() if _FILE.fullmatch(path.name)), key=_number)


def _number(path: Path) -> int:
    return int(_FILE.fullmatch(path.name).group(1))


def _write(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a state, and compares what is on disk with the checksums of what was to be written."""
    facts = np.frombuffer(json.dumps(checkpoint.facts).encode(), np.uint8)
    np.savez(path, **{_FACTS: facts}, **checkpoint.arrays)
    with zipfile.ZipFile(path) as archive:
        if archive.testzip() is not None:
            raise OSError("what was written is not what is read back")


def _read(path: Path) -> Checkpoint | None:
    """A state, or None where the file is not what was written."""
    try:
        if sha256_of(path) != _FILE.fullmatch(path.name).group(2):
            return None
        with zipfile.ZipFile(path) as archive:
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                return None  # ours are not packed, and what is packed may fill the memory
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return Checkpoint(dict(json.loads(arrays.pop(_FACTS).tobytes())), arrays)
    except _DAMAGE:
        return None
