"""The one exception that a user's mistake ends in."""


class InputError(ValueError):
    """Bad use or bad input: one line that says what, where, and what to do.

    The commands print it without a traceback and exit with code 2.
    """


class LostWorkerError(RuntimeError):
    """Another process of a training on several machines has ended, or cannot be reached.

    The commands print it without a traceback and exit with code 75.
    """
