"""Ctrl-C, or a cluster's request to end, taken at a place where nothing is lost."""

import signal
import threading
from types import FrameType, TracebackType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Within the block, notes that somebody asked the process to end, instead of ending it.

    A second request ends it at once, by KeyboardInterrupt. Outside the main thread, which alone gets
    signals, nothing changes.

    Attributes:
        is_requested: whether somebody has asked.
    """

    def __init__(self) -> None:
        self.is_requested = False
        self._handlers: dict[int, object] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            self._handlers = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Puts back what was there before."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if kind is None and self.is_requested:
            raise KeyboardInterrupt  # nobody has taken it up

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.is_requested:
            raise KeyboardInterrupt
        self.is_requested = True
