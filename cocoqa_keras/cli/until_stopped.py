"""Commands that serve until they are stopped."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cocoqa_keras.cli.output import print_line
from cocoqa_keras.training.interruption import SIGNALS


@contextmanager
def until_stopped() -> Iterator[None]:
    """Ends what is inside by Ctrl-C or SIGTERM, and says so.

    Also where the process was started with Ctrl-C ignored, as shells do with `&` in a script.
    """
    before = {number: signal.signal(number, signal.default_int_handler) for number in SIGNALS}
    try:
        with suppress(KeyboardInterrupt):
            yield
        print_line("Stopped")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
