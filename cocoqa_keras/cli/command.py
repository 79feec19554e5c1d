"""How every command runs: arguments by typer, a user's mistake as one line and exit code 2."""

import errno
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import typer

from cocoqa_keras.cli.options import Strategy
from cocoqa_keras.errors import InputError, LostWorkerError
from cocoqa_keras.suggestion import nearest
from cocoqa_keras.tables import printable

INTERRUPTED = 130
TRY_AGAIN = 75  # `EX_TEMPFAIL` of sysexits.h: nothing is wrong with the call; a scheduler may repeat it

_SETTINGS = {"add_completion": False, "rich_markup_mode": None, "pretty_exceptions_enable": False}
_EPILOG = "Alone, --version tells the version."
_STANDARD_ERROR = 2  # its file descriptor
_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def run(app: typer.Typer, argv: list[str] | None) -> int:
    """Runs a command.

    Args:
        app: the command.
        argv: its arguments; by default those of the process.

    Returns:
        the exit code: 0 done, 1 nobody reads the output, 2 bad use or bad input, 75 another machine was lost,
        130 interrupted.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's notes on how it was compiled
    try:
        if (sys.argv[1:] if argv is None else argv) == ["--version"]:
            print(f"cocoqa_keras {version('cocoqa-keras')}", flush=True)
            return 0
        result = app(args=argv, standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has seen enough; Python would complain at its end.
        _close_output()
        return 1
    except InputError as error:
        return _fail(str(error), 2)
    except LostWorkerError as error:
        return _fail(str(error), TRY_AGAIN)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _DISK_IS_FULL:
            # Files tell it themselves; here it is the disk of standard output, or of temporary files.
            _close_output()
            return _fail(f"cannot write all output: {error.strerror}; free some space", 2)
        # Bad use, as click reports it; click's own exceptions are not typer's to name.
        if not hasattr(error, "format_message"):
            raise
        return _fail(f"{_in_plain_words(error.format_message())} (see --help)", 2)
    if result == INTERRUPTED:  # what typer makes of Ctrl-C
        return _fail("interrupted", INTERRUPTED)
    return result if isinstance(result, int) else 0


def command(function: Callable) -> typer.Typer:
    """A program of a single command."""
    app = typer.Typer(**_SETTINGS)
    app.command(epilog=_EPILOG)(function)
    return app


def group(purpose: str, *functions: Callable) -> typer.Typer:
    """A program of several subcommands, called as their functions are."""
    app = typer.Typer(help=purpose, epilog=_EPILOG, **_SETTINGS)
    for function in functions:
        summary, _, _ = inspect.getdoc(function).partition("\n")
        app.command(short_help=summary)(function)
    return app


def start_tensorflow() -> None:
    """Imports TensorFlow, without what it says where there is no GPU, or several models are traced."""
    with quiet_native_code():
        import tensorflow as tf

        tf.config.list_physical_devices()  # the search for a GPU
    tf.get_logger().setLevel("ERROR")


def start_keras(dtype: str, strategy: Strategy = Strategy.NONE) -> None:
    """Imports Keras and TensorFlow, and sets the precision of this process."""
    if strategy is Strategy.MULTI_WORKER:
        # What TensorFlow prints of a lost connection is not one line; the error that follows is.
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    start_tensorflow()
    import keras

    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)


@contextmanager
def quiet_native_code() -> Iterator[None]:
    """Drops what native code writes to standard error meanwhile.

    TensorFlow, imported where there is no GPU, says so in several lines, before its log level counts.
    """
    sys.stderr.flush()
    kept = os.dup(_STANDARD_ERROR)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), _STANDARD_ERROR)
    try:
        yield
    finally:
        os.dup2(kept, _STANDARD_ERROR)
        os.close(kept)


def _in_plain_words(message: str) -> str:
    """What typer says of bad use, less the terms of the library that checks, with the nearest choice."""
    message = message.replace("Value error, ", "").replace("Input should", "should")
    wrong = re.search(r"'([^']*)' is not one of (.*)", message)
    near = wrong and nearest(wrong[1], re.findall(r"'([^']*)'", wrong[2]))
    return f"{message} Did you mean '{near}'?" if near else message


def _close_output() -> None:
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115


def _fail(message: str, code: int) -> int:
    line = printable(" ".join(message.split()))
    print(f"error: {line}", file=sys.stderr)
    return code
