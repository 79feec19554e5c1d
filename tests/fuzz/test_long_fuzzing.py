"""What `benchmarks.fuzz` tells of a case that ends the process."""

import importlib
import itertools
import json
import sys
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

sys.path.append(str(Path(__file__).parents[2]))  # the benchmarks are not installed
fuzz = importlib.import_module("benchmarks.fuzz")

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")


class Pool:
    """Runs what it is given in this process; a SystemExit stands for the end of another."""

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, function, *arguments):
        future = Future()
        try:
            future.set_result(function(*arguments))
        except SystemExit:
            future.set_exception(BrokenProcessPool())
        return future


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Fuzzes some kinds of file with their readers, and gives what is known of the progress."""

    def run(readers):
        monkeypatch.setattr(fuzz, "ProcessPoolExecutor", Pool)
        clock = itertools.count()  # a second at each look
        monkeypatch.setattr(fuzz, "time", SimpleNamespace(monotonic=lambda: next(clock)))
        monkeypatch.setitem(sys.modules, "readers", SimpleNamespace(READERS=readers))
        monkeypatch.setitem(sys.modules, "cases", SimpleNamespace(WHOLE=_of(readers), HOSTILE=_of(readers)))
        with pytest.raises(typer.Exit):
            fuzz.main(minutes=1, seed=3, only=None, folder=tmp_path / "fuzzing", again=None)
        return json.loads((tmp_path / "fuzzing" / "progress.json").read_text())

    return run


def _of(readers):
    return {name: {"it": b"content"} for name in readers}


def test_a_case_that_ends_the_process_is_kept_with_its_reader_and_the_round_goes_on(run, tmp_path, capsys):
    ended = []

    def ends_once(path):
        if not ended:
            ended.append(path)
            sys.exit()

    names = []

    def read(path):
        names.append(path.name)

    progress = run({"a": [read], "b": [read, ends_once], "c": [read]})
    assert names[:5] == ["a", "b", "c", "a", "b"]
    assert progress["tallies"]["b"]["failed"] == 1
    assert progress["tallies"]["a"]["read"] == names.count("a")
    kept = tmp_path / "fuzzing" / "failures" / "3-0" / "b"
    assert kept.exists()
    problem = kept.with_name("b.txt").read_text()
    assert problem.startswith("the process ended in reader 2, ")
    assert "ends_once" in problem
    assert f"{kept}: {problem}" in capsys.readouterr().out


def test_a_process_that_ends_before_its_first_case_ends_all(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fuzz, "_origins", lambda only: sys.exit())
    assert run({})["tallies"][fuzz.NO_CASE]["failed"] == 1
    out = capsys.readouterr().out
    assert out.startswith(
        f"the process ended, and no case was being read; see {tmp_path / 'fuzzing' / 'log'}"
    )


def test_a_case_that_is_read_again_tells_its_reader_first(tmp_path, monkeypatch, capsys):
    def ends(path):
        sys.exit()

    monkeypatch.setitem(sys.modules, "readers", SimpleNamespace(READERS={"a": [ends]}))
    with pytest.raises(SystemExit):
        fuzz.main(again=tmp_path / "a")
    assert "reader 1, " in capsys.readouterr().out
