"""Fetches the authors' files, checks them, and remembers what they were."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from cocoqa_keras.data.archives import unpack
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.fetch import PartFile, Progress, fetch
from cocoqa_keras.data.manifest import Download
from cocoqa_keras.errors import InputError
from cocoqa_keras.files import write_text

RECORD_FILE = "downloads.json"


class _Record(BaseModel):
    """What came, and from where: the digest of the file as served, and of each file that it left."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    source: str
    sha256: str
    files: dict[str, str]


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
        InputError: no address serves the file, what they serve is not the file, or the folder holds
            something else of that name.
    """
    folder = Path(folder)
    records = _read_records(folder)
    recorded = records.get(name)
    if recorded and _is_whole(entry, folder, recorded):
        return False
    expected = entry.sha256 or (recorded.sha256 if recorded else None)
    target = folder / (entry.archive.folder if entry.archive else entry.file)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if target.is_file() and entry.archive is None:
            record = _adopt(entry, target, expected)
        elif target.exists():
            raise InputError(
                f"{target} exists and is not a whole download; move it away, or choose another folder by "
                f"--output"
            )
        elif source is None:
            record = _from_web(name, entry, folder, expected, progress)
        else:
            record = _from_folder(entry, folder, expected, Path(source))
    except OSError as error:
        raise InputError(
            f"cannot write to {folder}: {error.strerror or error}; choose another folder or free some space"
        ) from error
    _write_records(folder, {**records, name: record})
    return True


def _adopt(entry: Download, path: Path, expected: str | None) -> _Record:
    """A file that somebody has put in its place."""
    try:
        digest = _check(entry, path, expected)
    except InputError as error:
        raise InputError(f"{path}: {error}; move it away and run this again to fetch it") from error
    return _Record(source=str(path), sha256=digest, files={entry.file: digest})


def _from_web(name: str, entry: Download, folder: Path, expected: str | None, progress: Progress) -> _Record:
    part = PartFile(folder / f"{entry.file}.part")
    problems = []
    for url in entry.urls:
        try:
            fetch(url, part, entry.largest, progress)
            return _install_part(entry, folder, part, expected, url)
        except InputError as error:
            problems.append(str(error))
    raise InputError(
        f"cannot fetch {entry.file}: {'; '.join(problems)}; run this again, or fetch it by other means and "
        f"give its folder: cocoqa-data download {name} --from FOLDER"
    )


def _install_part(entry: Download, folder: Path, part: PartFile, expected: str | None, url: str) -> _Record:
    try:
        record = _install(entry, folder, part.path, expected, url)
    except InputError as error:
        part.discard()
        raise InputError(f"{url}: {error}") from error
    part.discard()
    return record


def _from_folder(entry: Download, folder: Path, expected: str | None, source: Path) -> _Record:
    path = source / entry.file
    if not path.is_file():
        raise InputError(f"{path} is missing; fetch it from {entry.urls[0]}")
    try:
        with tempfile.TemporaryDirectory(prefix=".", dir=folder) as temporary:
            copy = shutil.copyfile(path, Path(temporary) / entry.file)
            return _install(entry, folder, copy, expected, str(path))
    except InputError as error:
        raise InputError(f"{path}: {error}; fetch it anew from {entry.urls[0]}") from error


def _install(entry: Download, folder: Path, path: Path, expected: str | None, source: str) -> _Record:
    """Checks a whole file and puts it, or what it holds, in its place."""
    digest = _check(entry, path, expected)
    if entry.archive is None:
        path.replace(folder / entry.file)
    else:
        with tempfile.TemporaryDirectory(prefix=".", dir=folder) as temporary:
            unpacked = Path(temporary) / "unpacked"
            unpack(path, unpacked, entry.archive.files, entry.archive.largest)
            unpacked.replace(folder / entry.archive.folder)
    return _Record(source=source, sha256=digest, files={file: _sha256(folder / file) for file in entry.paths})


def _check(entry: Download, path: Path, expected: str | None) -> str:
    """The digest of a file that is what the manifest says; an archive's content is not looked at."""
    size = path.stat().st_size
    if size > entry.largest or entry.size not in (None, size):
        raise InputError(f"it has {size} bytes, expected {entry.size or f'{entry.largest} at most'}")
    digest = _sha256(path)
    if expected is not None and digest != expected:
        known_by = "the manifest" if entry.sha256 else RECORD_FILE
        raise InputError(
            f"its SHA-256 is {digest}, expected {expected} by {known_by}: it is damaged, or another version"
        )
    if entry.archive is None:
        try:
            SparseFeatures(path).close()
        except InputError as error:
            # Such as the page of a server that has moved.
            raise InputError("it is no file of image features, or it is damaged") from error
    return digest


def _is_whole(entry: Download, folder: Path, recorded: _Record) -> bool:
    """Whether all files are there; one that has changed is an error."""
    for file in entry.paths:
        path = folder / file
        if not path.is_file():
            return False
        if _sha256(path) != recorded.files.get(file):
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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
