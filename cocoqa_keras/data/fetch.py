"""A file from the web, in as many attempts as it takes: what an attempt has got is kept for the next."""

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

from cocoqa_keras.errors import InputError
from cocoqa_keras.files import cannot_write, write_text

TIMEOUT = 30  # seconds without an answer, or without a further byte
ATTEMPTS = 5  # at most, as long as each brings something

_CHUNK = 1 << 20
_HANDLERS = (
    urllib.request.ProxyHandler,
    urllib.request.UnknownHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPRedirectHandler,
    urllib.request.HTTPErrorProcessor,
)
_NETWORK_ERRORS = (OSError, http.client.HTTPException, UnicodeError)

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and the bytes that there will be, None where unknown."""


class FetchError(InputError):
    """An address does not serve its file."""


class PartFile:
    """The beginning of a file on the web, and beside it, in `.json`, what version of what address it is.

    Args:
        path: the file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._origin_path = path.with_name(f"{path.name}.json")

    @property
    def size(self) -> int:
        """The bytes that are there."""
        return self.path.stat().st_size if self.path.exists() else 0

    def version(self, url: str) -> str | None:
        """The version at `url` that this is the beginning of; None where the fetching has to start over."""
        try:
            origin = json.loads(self._origin_path.read_text(encoding="utf-8"))
            version = origin["version"] if origin["url"] == url and self.size else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return version if isinstance(version, str) and version.isascii() and version.isprintable() else None

    def start_over(self, url: str, version: str | None) -> None:
        """Empties the file, for the content of `url`."""
        self.discard()
        write_text(self._origin_path, json.dumps({"url": url, "version": version}))

    def append(self, response: http.client.HTTPResponse) -> Iterator[int]:
        """Appends an answer; yields how many bytes there are, piece by piece.

        Raises:
            InputError: the disk is full; what is there stays.
        """
        self._write(b"")
        yield self.size
        while chunk := response.read1(_CHUNK):
            self._write(chunk)
            yield self.size

    def discard(self) -> None:
        """Removes what is there."""
        for path in (self.path, self._origin_path):
            path.unlink(missing_ok=True)

    def _write(self, chunk: bytes) -> None:
        try:
            with self.path.open("ab") as file:
                file.write(chunk)
        except OSError as error:  # told here, for it is none of the network
            raise cannot_write(self.path, error) from error


def fetch(url: str, part: PartFile, largest: int, progress: Progress) -> None:
    """Fetches what is at an address, going on where an earlier attempt stopped.

    The rest of the file is asked for on the condition that its version (ETag, or the date of its last
    change) is still that of the part. If it is not, or the server does not know versions or parts, the
    fetching starts over.

    Args:
        url: an http or https address.
        part: where to; what is there stays when the connection breaks, and when the user interrupts.
        largest: the most bytes to take.
        progress: told what is there after each piece.

    Raises:
        FetchError: the address does not answer, has no such file, breaks off again and again, or sends
            more than `largest` bytes.
        InputError: the part cannot be written.
    """
    for _ in range(ATTEMPTS):
        before = part.size
        try:
            _attempt(url, part, largest, progress)
            return
        except InputError:
            raise
        except _NETWORK_ERRORS as error:
            reason = _explain(error)
            if part.size <= before:
                break
    raise FetchError(f"{url}: {reason}")


def _attempt(url: str, part: PartFile, largest: int, progress: Progress) -> None:
    response = _open(url, part)
    if response is None:
        return
    with response:
        start, total = _extent(response, part.size)
        if total is not None and total > largest:
            raise FetchError(f"{url}: announces {total} bytes, more than the {largest} that are expected")
        if start == 0:
            part.start_over(url, _version(response))
        for done in part.append(response):
            if done > largest:
                part.discard()
                raise FetchError(f"{url}: sends more than the {largest} bytes that are expected")
            progress(done, total)
    if total is not None and part.size != total:
        raise ConnectionError(f"broke off after {part.size} of {total} bytes")


def _open(url: str, part: PartFile) -> http.client.HTTPResponse | None:
    """The answer, with the rest of the file or all of it; None where the part is whole already."""
    request = urllib.request.Request(url)  # noqa: S310 - opened by http and https alone
    version = part.version(url)
    if version:
        request.add_header("Range", f"bytes={part.size}-")
        request.add_header("If-Range", version)
    try:
        return _opener().open(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        with error:
            if error.code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not version:
                raise
            if error.headers.get("Content-Range") == f"bytes */{part.size}":
                return None
    part.discard()
    return _open(url, part)


def _opener() -> urllib.request.OpenerDirector:
    """What opens http and https, and is redirected to these alone; urllib's own takes ftp as well."""
    opener = urllib.request.OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
    return opener


def _extent(response: http.client.HTTPResponse, have: int) -> tuple[int, int | None]:
    """Where an answer starts in the whole file, and how long that is."""
    if response.status != HTTPStatus.PARTIAL_CONTENT:
        return 0, response.length
    content_range = response.headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})", content_range)
    if match is None or int(match[1]) != have:
        raise http.client.HTTPException("answers with another part of the file than asked for")
    return have, int(match[2])


def _version(response: http.client.HTTPResponse) -> str | None:
    """What names the version of the file to the byte, which a weak ETag does not."""
    tag = response.headers.get("ETag")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified")


def _explain(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"answers {error.code} {' '.join(error.reason.split())}"
    cause = getattr(error, "reason", error)  # urllib wraps what comes before the answer
    if isinstance(cause, TimeoutError):
        return f"no answer within {TIMEOUT} seconds"
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
