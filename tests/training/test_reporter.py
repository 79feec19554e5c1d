"""What commands tell whoever waits for them."""

import contextlib
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from cocoqa_keras.training.reporter import Reporter, TenthsReporter, reporter_for

WORK = """
from cocoqa_keras.training.reporter import reporter_for
with reporter_for(True, in_bytes={in_bytes}) as reporter:
    for done in range(1, 5):
        reporter.line(f"line {{done}} " + "long " * 30)
        reporter.progress("pictures", done * 1000, 4000)
"""


def in_terminal(code, output, **environment):
    """What a process writes to a terminal of 80 columns, and, where output is piped, to the pipe."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=terminal if output == "terminal" else subprocess.PIPE,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm", "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        text=True,
    ) as process:
        os.close(terminal)
        seen = b""
        with contextlib.suppress(OSError):  # how Linux tells that nobody has the terminal open any more
            while piece := os.read(controller, 65536):
                seen += piece
        os.close(controller)
        piped, _ = process.communicate()
    assert process.returncode == 0
    return re.sub(r"\x1b\[[\d;?]*\w", "", seen.decode()), piped


LINES = [f"line {number} {'long ' * 30}" for number in range(1, 5)]


def test_a_terminal_has_a_bar_below_whole_lines():
    seen, _ = in_terminal(WORK.format(in_bytes=False), "terminal")
    assert re.search(r"pictures .*4000/4000 .*0:00:00", seen)
    for line in LINES:
        assert line in seen


def test_lines_that_are_piped_are_whole_and_alone():
    seen, piped = in_terminal(WORK.format(in_bytes=True), "pipe")
    assert "4.0/4.0 kB" in seen
    assert "line" not in seen
    assert piped.splitlines() == LINES


def test_a_terminal_has_lines_as_they_are():
    code = WORK.format(in_bytes=False).replace("line {done} ", ":cat: [bold]{done}[/] ")
    seen, _ = in_terminal(code, "terminal")
    assert ":cat: [bold]4[/] long" in seen


@pytest.mark.parametrize("output", ["terminal", "pipe"])
def test_a_line_cannot_steer_the_terminal(output):
    code = WORK.format(in_bytes=False).replace("line {done}", "\\x1b[2Jline {done}\\r\\nof two")
    seen, piped = in_terminal(code, output)
    lines = (piped or seen).splitlines()
    assert r"\x1b[2Jline 4\r" in lines
    assert f"of two {'long ' * 30}" in lines


def test_a_dumb_terminal_has_no_bar():
    seen, _ = in_terminal(WORK.format(in_bytes=False), "terminal", TERM="dumb")
    assert seen.splitlines() == LINES


def test_without_a_terminal_there_are_lines_only(capsys):
    with reporter_for(True) as reporter:
        assert type(reporter) is Reporter
        reporter.progress("epoch 0", 1, 2)
        reporter.line("done [not markup]")
    assert capsys.readouterr() == ("done [not markup]\n", "")


def test_words_that_the_output_cannot_hold_are_escaped(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    Reporter().line("café")
    assert stream.buffer.getvalue() == b"caf\\xe9\n"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([1, 2, 3, 4], [20, 50, 70, 100]),
        (range(1, 4001), range(10, 101, 10)),
        ([4], [100]),
        ([], []),
    ],
)
def test_each_tenth_is_told_once(steps, expected, capsys):
    total = max(steps, default=1)
    with reporter_for(True, in_tenths=True) as reporter:
        for done in steps:
            reporter.progress("pictures", done, total)
    assert capsys.readouterr().out == "".join(f"pictures: {percent} %\n" for percent in expected)


def test_tenths_start_anew_with_a_title_and_are_not_told_of_an_unknown_total(capsys):
    reporter = TenthsReporter()
    for title, done, total in [("a", 5, 10), ("b", 1, None), ("b", 2, 10), ("b", 2, 10)]:
        reporter.progress(title, done, total)
    assert capsys.readouterr().out == "a: 50 %\nb: 20 %\n"
