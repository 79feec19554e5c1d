"""The one exception that a user's mistake ends in."""

_LONGEST_REASON = 300  # characters


class InputError(ValueError):
    """Bad use or bad input: one line that says what, where, and what to do.

    The commands print it without a traceback and exit with code 2.
    """


class LostWorkerError(RuntimeError):
    """Another process of a training on several machines has ended, or cannot be reached.

    The commands print it without a traceback and exit with code 75.
    """


def reason_of(error: Exception) -> str:
    """What an exception of a library says, in one line as an `InputError` may quote it; else its type."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:_LONGEST_REASON]
