"""What a reader may take: some seconds, some memory, nothing that runs, and one kind of error."""

import faulthandler
import resource
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cocoqa_keras.errors import InputError

SECONDS = 20
MEMORY = 384 * 2**20
CANARY = "canary"  # what a payload that gets to run makes in the working folder
COMMAND = f"touch {CANARY}"


class HangError(BaseException):
    """Not an Exception: a reader that catches all of those does not catch this one."""


def read_or_refused(read, path):
    """The one line in which a reader refuses a file, or None where it reads it."""
    try:
        with bounded():
            read(path)
    except InputError as error:
        message = str(error)
        assert len(message.splitlines()) == 1, f"not one line: {message!r}"
        assert len(message) < 2000
        return message
    finally:
        assert not Path(CANARY).exists()
    return None


@contextmanager
def bounded():
    """Ends what takes too long by HangError, and lets larger allocations fail."""

    def stop(*_):
        raise HangError

    # Native code does not see the signal.
    faulthandler.dump_traceback_later(3 * SECONDS, exit=True, file=sys.__stderr__)
    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_AS, (_address_space() + MEMORY, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        faulthandler.cancel_dump_traceback_later()


def _address_space():
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def is_plain(value):
    """Whether a value is made of what data files hold, and of nothing that a file could bring along."""
    return type(value) in (list, dict, tuple, str, int, float, bool, type(None), np.ndarray)
