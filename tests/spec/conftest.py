"""Model files for the tests of their errors."""

import signal
from contextlib import contextmanager

import pytest

from cocoqa_keras.errors import InputError

MODEL = """\
name: 'two_maps'
costFn: 'crossEntIdx'
stages:
  - first
  - second
outputs: second
specs:
  - name: first
    type: map
    inputs: input
    activeFn: tanh
    outputDim: 3
  - name: second
    type: map
    inputs: first
    activeFn: softmax
    outputDim: 2
"""


@pytest.fixture
def write(tmp_path):
    """Writes text as a model file, after replacing a part of it, and returns its path."""

    def write(text=MODEL, old="", new=""):
        assert old in text
        path = tmp_path / "two_maps.model.yml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return write


@pytest.fixture
def refusal():
    """Calls a function that must end in an InputError of one line, and returns the line."""

    def refusal(function, *arguments, **keywords):
        with pytest.raises(InputError) as caught:
            function(*arguments, **keywords)
        message = str(caught.value)
        assert len(message.splitlines()) == 1, f"more than one line: {message!r}"
        assert len(message) < 2000
        return message

    return refusal


@pytest.fixture
def ten_seconds():
    """A block that must end within ten seconds: nothing in a settings file may keep the program busy."""

    def interrupt(number, frame):
        raise TimeoutError("still busy after ten seconds")

    @contextmanager
    def limit():
        before = signal.signal(signal.SIGALRM, interrupt)
        signal.alarm(10)
        try:
            yield
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)

    return limit
