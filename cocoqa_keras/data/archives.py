"""Takes known files out of a zip archive that nobody vouches for."""

import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from cocoqa_keras.errors import InputError

MAX_MEMBERS = 1000

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, OverflowError)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others unpack with buffers as large as the file says


def unpack(archive: Path, folder: Path, files: Sequence[str], largest: int) -> None:
    """Unpacks some files of a zip archive; the others stay in it.

    Args:
        archive: the archive. The files lie at its top, or all below one folder.
        folder: the folder for them, to be made.
        files: their paths in it, such as `train/answers.txt`.
        largest: the most bytes that they may come to.

    Raises:
        InputError: it is no zip archive, lacks a file, is damaged, holds more than `largest` bytes, or has
            members that belong elsewhere: outside of the folder, links, or what is no file.
        OSError: the files cannot be written.
    """
    with _damage_told():
        opened = zipfile.ZipFile(archive)
    with opened:
        members = _choose(opened.infolist(), files)
        if sum(member.file_size for member in members.values()) > largest:
            raise InputError(f"it unpacks to more than {largest} bytes")
        for file, member in members.items():
            with _damage_told(), opened.open(member) as source:
                content = source.read(member.file_size)  # without a size it sets aside what the member claims
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise InputError("it is no zip archive, or a damaged one") from error


def _choose(members: Sequence[zipfile.ZipInfo], files: Sequence[str]) -> dict[str, zipfile.ZipInfo]:
    """The member for each file."""
    if len(members) > MAX_MEMBERS:
        raise InputError(f"it has more than {MAX_MEMBERS} members")
    for member in members:
        _check(member)
    by_name = {member.filename: member for member in members}
    tops = [name.removesuffix(files[0]) for name in by_name if f"/{name}".endswith(f"/{files[0]}")]
    top = min(tops, key=len, default="")
    missing = [file for file in files if top + file not in by_name]
    if missing:
        raise InputError(f"it has no {top}{missing[0]}")
    return {file: by_name[top + file] for file in files}


def _check(member: zipfile.ZipInfo) -> None:
    """Refuses what no data set has in its archive."""
    shown = repr(member.filename[:60])
    path = PurePosixPath(member.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in member.filename:
        raise InputError(f"it has a member outside of its folder, {shown}")
    kind = stat.S_IFMT(member.external_attr >> 16)  # 0 where the archive was not made on Unix
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise InputError(f"it has a link or a device, {shown}")
    if member.compress_type not in _METHODS or member.flag_bits & 1:
        raise InputError(f"it has a member that is encrypted or packed in an unusual way, {shown}")
