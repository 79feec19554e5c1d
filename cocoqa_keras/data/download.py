"""Fetches the authors' files, checks them, and remembers what they were."""

import json
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from cocoqa_keras.data.archives import unpack
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.fetch import FetchError, PartFile, Progress, fetch
from cocoqa_keras.data.manifest import Download
from cocoqa_keras.digests import sha256_of
from cocoqa_keras.errors import InputError
from cocoqa_keras.files import atomic_folder, atomic_path, cannot_write, move_file, write_text
from cocoqa_keras.locks import locked

RECORD_FILE = "downloads.json"


class _Record(BaseModel):
    """What came, and from where: the digest of the file as served, and of each file that it left."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    source: str
    sha256: str
    files: dict[str, str]


class _BadFileError(InputError):
    """A file is not what the manifest says."""


_Recorder = Callable[[str, str, Mapping[str, str]], None]  # called with the fields of a record


def download(
    name: str, entry: Download, folder: Path, source: Path | None = None, progress: Progress = lambda *_: None
) -> bool:
    """Brings one download into a folder, unless it is there and whole.

    The digests of what came are kept in `downloads.json` in that folder. What comes again later has to be
    the same, even where the manifest does not know its digest.

    Args:
        name: its name in the manifest.
        entry: what the manifest says of it.
        folder: the folder of all downloads.
        source: a folder in which the file lies, fetched by hand; then the web is left alone.
        progress: told how far the fetching is.

    Returns:
        whether anything had to be done.

    Raises:
        InputError: no address serves the file, what they serve is not the file, the folder holds
            something else of that name, is in use by another process, or cannot be written to.
    """
    folder = Path(folder)
    if _is_there(name, entry, folder):
        return False
    try:
        with locked(folder):
            if _is_there(name, entry, folder):  # by now: another process has brought it
                return False
            _bring(name, entry, folder, source, progress)
    except OSError as error:
        raise cannot_write(folder, error) from error
    return True


def _bring(name: str, entry: Download, folder: Path, source: Path | None, progress: Progress) -> None:
    records = _read_records(folder)
    recorded = records.get(name)
    expected = entry.sha256 or (recorded.sha256 if recorded else None)

    def record(source: str, sha256: str, files: Mapping[str, str]) -> None:
        _write_records(folder, {**records, name: _Record(source=source, sha256=sha256, files=files)})

    target = folder / (entry.archive.folder if entry.archive else entry.file)
    if target.is_file() and entry.archive is None:
        _adopt(entry, target, expected, record)
    elif target.exists():
        raise InputError(
            f"{target} exists and is not a whole download; move it away, or choose another folder by --output"
        )
    elif source is None:
        _from_web(name, entry, folder, expected, progress, record)
    else:
        _from_folder(entry, folder, expected, source, record)


def _adopt(entry: Download, path: Path, expected: str | None, record: _Recorder) -> None:
    """Takes a file that somebody has put in its place."""
    try:
        digest = _check(entry, path, expected)
    except _BadFileError as error:
        raise InputError(f"{path}: {error}; move it away and run this again to fetch it") from error
    record(str(path), digest, {entry.file: digest})


def _from_web(
    name: str, entry: Download, folder: Path, expected: str | None, progress: Progress, record: _Recorder
) -> None:
    part = PartFile(folder / f"{entry.file}.part")
    problems = []
    for url in entry.urls:
        try:
            fetch(url, part, entry.largest, progress)
            _install(entry, folder, part.path, move_file, expected, partial(record, url))
        except FetchError as error:
            problems.append(str(error))
        except _BadFileError as error:
            part.discard()
            problems.append(f"{url}: {error}")
        else:
            part.discard()
            return
    raise InputError(
        f"cannot fetch {entry.file}: {'; '.join(problems)}; run this again, or fetch it by other means and "
        f"give its folder: cocoqa-data download {name} --from FOLDER"
    )


def _from_folder(
    entry: Download, folder: Path, expected: str | None, source: Path, record: _Recorder
) -> None:
    path = source / entry.file
    if not path.is_file():
        raise InputError(f"{path} is missing; fetch it from {entry.urls[0]}")
    try:
        _install(entry, folder, path, _copy_file, expected, partial(record, str(path)))
    except _BadFileError as error:
        raise InputError(f"{path}: {error}; fetch it anew from {entry.urls[0]}") from error


def _copy_file(source: Path, target: Path) -> None:
    with atomic_path(target) as copy:
        shutil.copyfile(source, copy)


def _install(
    entry: Download,
    folder: Path,
    path: Path,
    put: Callable[[Path, Path], None],
    expected: str | None,
    record: Callable[[str, Mapping[str, str]], None],
) -> None:
    """Checks a whole file, records what it leaves, and puts it, or what it holds, in its place."""
    digest = _check(entry, path, expected)
    if entry.archive is None:
        record(digest, {entry.file: digest})
        put(path, folder / entry.file)
        return
    with atomic_folder(folder / entry.archive.folder) as unpacked:
        try:
            unpack(path, unpacked, entry.archive.files, entry.archive.largest)
        except InputError as error:
            raise _BadFileError(str(error)) from error
        record(
            digest,
            {f"{entry.archive.folder}/{file}": sha256_of(unpacked / file) for file in entry.archive.files},
        )


def _check(entry: Download, path: Path, expected: str | None) -> str:
    """The digest of a file that is what the manifest says; an archive's content is not looked at."""
    size = path.stat().st_size
    if size > entry.largest or entry.size not in (None, size):
        raise _BadFileError(f"it has {size} bytes, expected {entry.size or f'{entry.largest} at most'}")
    digest = sha256_of(path)
    if expected is not None and digest != expected:
        known_by = "the manifest" if entry.sha256 else RECORD_FILE
        raise _BadFileError(
            f"its SHA-256 is {digest}, expected {expected} by {known_by}: it is damaged, or another version"
        )
    if entry.archive is None:
        try:
            SparseFeatures(path).close()
        except InputError as error:
            # Such as the page of a server that has moved.
            raise _BadFileError("it is no file of image features, or it is damaged") from error
    return digest


def _is_there(name: str, entry: Download, folder: Path) -> bool:
    """Whether a download is recorded, and whole."""
    recorded = _read_records(folder).get(name)
    return recorded is not None and _is_whole(entry, folder, recorded)


def _is_whole(entry: Download, folder: Path, recorded: _Record) -> bool:
    """Whether all files are there; one that has changed is an error."""
    for file in entry.paths:
        path = folder / file
        if not path.is_file():
            return False
        if sha256_of(path) != recorded.files.get(file):
            raise InputError(
                f"{path} is not what came: its SHA-256 differs from that in {folder / RECORD_FILE}; "
                f"move it away and run this again to fetch it anew"
            )
    return True


def _read_records(folder: Path) -> dict[str, _Record]:
    path = folder / RECORD_FILE
    try:
        return TypeAdapter(dict[str, _Record]).validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; check the folder") from error
    except ValidationError as error:
        raise InputError(f"{path} is damaged; delete it to have what is fetched recorded anew") from error


def _write_records(folder: Path, records: Mapping[str, _Record]) -> None:
    content = {name: record.model_dump() for name, record in sorted(records.items())}
    write_text(folder / RECORD_FILE, json.dumps(content, indent=2) + "\n")
