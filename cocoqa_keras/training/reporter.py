"""What commands tell whoever waits for them: plain lines, or lines above a progress bar on a terminal."""

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from cocoqa_keras.tables import for_stream


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
        print(for_stream(text, sys.stdout), flush=True)

    def progress(self, title: str, done: int, total: int | None) -> None:
        """Shows that `done` of `total` steps are through; None where nobody knows how many there are."""


class SilentReporter(Reporter):
    """Says nothing."""

    def line(self, text: str) -> None:
        """Shows nothing."""


class TenthsReporter(Reporter):
    """Prints a line for every tenth that is through as well."""

    def __init__(self) -> None:
        self._told = ("", 0)  # title, tenths

    def progress(self, title: str, done: int, total: int | None) -> None:
        """Shows a line if there is a new tenth, or a title that has not been seen yet."""
        told = self._told[1] if self._told[0] == title else 0
        tenths = 10 * done // total if total else 0
        if tenths > told:
            self.line(f"{title}: {10 * tenths} %")
        self._told = (title, max(tenths, told))


class ProgressReporter(Reporter):
    """Shows a progress bar below the lines, on standard error, with the speed and the time that is left.

    Args:
        in_bytes: what is counted are bytes.
    """

    def __init__(self, in_bytes: bool = False) -> None:
        counts = (DownloadColumn(), TransferSpeedColumn()) if in_bytes else (MofNCompleteColumn(), _Speed())
        self._lines_share_terminal = sys.stdout.isatty()
        self._display = Progress(
            "{task.description}",
            BarColumn(),
            *counts,
            TimeRemainingColumn(),
            console=Console(stderr=True, highlight=False, emoji=False),
            transient=True,
            redirect_stdout=self._lines_share_terminal,  # what goes elsewhere must not be drawn into
        )
        self._task = self._display.add_task("", total=None, visible=False)

    def __enter__(self) -> "ProgressReporter":
        self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._display.stop()

    def line(self, text: str) -> None:
        """Shows a line above the bar, or wherever standard output goes."""
        if self._lines_share_terminal:
            console = self._display.console
            console.print(for_stream(text, console.file), markup=False, soft_wrap=True)
        else:
            super().line(text)

    def progress(self, title: str, done: int, total: int | None) -> None:
        """Moves the bar; a title that has not been seen yet starts its clock anew."""
        if self._display.tasks[self._task].description != title:
            self._display.reset(self._task, description=title, visible=True)
        self._display.update(self._task, completed=done, total=total)


class _Speed(ProgressColumn):
    """Steps a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "", style="progress.data.speed")


def reporter_for(progress: bool, *, in_tenths: bool = False, in_bytes: bool = False) -> Reporter:
    """A progress bar where one is wanted and standard error is a terminal; plain lines elsewhere.

    Args:
        progress: show a bar.
        in_tenths: where there is none, print a line for every tenth.
        in_bytes: what is counted are bytes.
    """
    if progress and sys.stderr.isatty() and not Console(stderr=True).is_dumb_terminal:
        return ProgressReporter(in_bytes)
    return TenthsReporter() if in_tenths else Reporter()
