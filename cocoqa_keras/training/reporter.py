"""What a run tells whoever waits for it: plain lines, or lines above a progress bar on a terminal."""

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Reporter:
    """Prints lines to standard output, and shows no progress."""

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Ends the display."""

    def line(self, text: str) -> None:
        """Shows a line."""
        print(text, flush=True)

    def progress(self, title: str, done: int, total: int) -> None:
        """Shows that `done` of `total` steps are through."""


class ProgressReporter(Reporter):
    """Shows a progress bar below the lines."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._display = Progress(*columns, console=Console(highlight=False), transient=True)
        self._task = self._display.add_task("", total=None)

    def __enter__(self) -> "ProgressReporter":
        self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._display.stop()

    def line(self, text: str) -> None:
        """Shows a line above the bar."""
        self._display.console.print(text, markup=False, soft_wrap=True)

    def progress(self, title: str, done: int, total: int) -> None:
        """Moves the bar; a title that has not been seen yet starts its clock anew."""
        if self._display.tasks[self._task].description != title:
            self._display.reset(self._task, description=title)
        self._display.update(self._task, completed=done, total=total)


def reporter_for(progress: bool) -> Reporter:
    """A progress bar where one is wanted and standard output is a terminal; plain lines elsewhere."""
    return ProgressReporter() if progress and sys.stdout.isatty() else Reporter()
