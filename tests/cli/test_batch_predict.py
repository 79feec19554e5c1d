"""cocoqa-predict with many files of questions: answered by one process or several, and gone on with."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path

import fsspec
import pytest
from quick_run import trained
from refusal import refused

from cocoqa_keras import load_run
from cocoqa_keras.cli.predict import main
from cocoqa_keras.evaluation import question_blocks
from cocoqa_keras.storage import OutputFolder, is_hidden

QUESTIONS = (
    "what is the color of the cat",
    "what is in the picture",
    "what is the color of the horse",
    "zebra",
)


@pytest.fixture(scope="module")
def run(tiny_original, tmp_path_factory):
    return trained("bow", ["--data", str(tiny_original / "cocoqa")], tmp_path_factory.mktemp("blind"))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(question_blocks, "BLOCK_BYTES", 1000)


@pytest.fixture(autouse=True)
def questions(tmp_path, monkeypatch):
    """Files of 0, 1, 5 and 90 questions, some of one name; the largest is several blocks."""
    monkeypatch.chdir(tmp_path)
    write_questions("questions/empty.jsonl", 0)
    write_questions("questions/a/few.jsonl", 5)
    write_questions("questions/b/few.jsonl", 1)
    write_questions("questions/huge.jsonl", 90)
    return "questions/**/*.jsonl"


def write_questions(path, count):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"question": QUESTIONS[i % 4], "id": f"{path} {i}"}) for i in range(count)]
    path.write_text("".join(f"{line}\n" for line in lines))


def done(capsys, *arguments):
    """What the command prints, which has to succeed."""
    assert main([str(argument) for argument in arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def content(folder):
    """The content of each file of a folder."""
    folder = Path(folder)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def answers(folder):
    """The content of the files of answers."""
    return {name: text for name, text in content(folder).items() if not name.startswith("_job/")}


# What is written.


def test_each_file_of_questions_has_its_file_of_answers(run, questions, capsys):
    printed = done(capsys, run, "--input", questions)
    assert done(capsys, run, "--input", questions, "--output", "out").endswith("out: 10 files, 10 new\n")
    written = answers("out")
    parts = [f"huge.jsonl/0000{number}-of-00007.jsonl" for number in range(1, 8)]
    assert sorted(written) == ["a/few.jsonl", "b/few.jsonl", "empty.jsonl", *parts]
    lines = b"".join(written[name] for name in sorted(written)).decode().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [
        f"questions/{name}.jsonl {i}"
        for name, n in [("a/few", 5), ("b/few", 1), ("huge", 90)]
        for i in range(n)
    ]
    assert lines == printed.splitlines()


def test_answers_behind_a_url_are_the_same(run, questions, capsys):
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.put("questions", "/bucket/questions", recursive=True)
    done(capsys, run, "--input", questions, "--output", "out")
    for added in (10, 0):
        told = done(
            capsys, run, "--input", "memory://bucket/questions/**/*.jsonl", "--output", "memory://bucket/out"
        )
        assert told.endswith(f"memory://bucket/out: 10 files, {added} new\n")
    memory.get("/bucket/out", "fetched", recursive=True)
    assert content("fetched") == content("out")


def test_shares_come_to_the_same_in_any_order(run, questions, capsys):
    done(capsys, run, "--input", questions, "--output", "out")
    for number in (2, 3, 1):
        told = done(capsys, run, "--input", questions, "--output", "shared", "--shard", f"{number}/3")
        count = 4 if number == 1 else 3
        assert f"shared: {count} files, {count} new" in told
    assert content("shared") == content("out")


def test_a_share_may_be_printed(run, questions, capsys):
    whole = done(capsys, run, "--input", questions).splitlines()
    shares = [done(capsys, run, "--input", questions, "--shard", f"{n}/2").splitlines() for n in (1, 2)]
    assert all(shares)
    assert sorted(chain(*shares)) == sorted(whole)


def test_a_pipe_is_answered_on_standard_output(run, tmp_path, capsys):
    os.mkfifo("pipe")
    with subprocess.Popen(["/bin/sh", "-c", "cat questions/a/few.jsonl > pipe"], cwd=tmp_path):
        printed = done(capsys, run, "--input", "pipe")
    assert printed == done(capsys, run, "--input", "questions/a/few.jsonl")


# Going on.


@pytest.mark.slow
def test_a_killed_process_is_gone_on_with(run, capsys):
    write_questions("many/q.jsonl", 2000)
    shutil.copytree("questions", "many/others")
    arguments = [run, "--input", "many/**/*.jsonl", "--output"]
    code = """
import sys
from cocoqa_keras.cli.predict import main
from cocoqa_keras.evaluation import question_blocks

question_blocks.BLOCK_BYTES = 1000
sys.exit(main())
"""
    process = subprocess.Popen([sys.executable, "-c", code, *map(str, arguments), "out"])
    while not Path("out/q.jsonl").is_dir() and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    kept = {name: Path("out", name).stat().st_mtime_ns for name in answers_without_remains("out")}
    told = done(capsys, *arguments, "out")
    whole = answers_without_remains("out")
    assert 0 < len(kept) < len(whole)
    assert f"out: {len(whole)} files, {len(whole) - len(kept)} new" in told
    assert all(Path("out", name).stat().st_mtime_ns == written for name, written in kept.items())
    done(capsys, *arguments, "one-go")
    assert whole == answers("one-go")


def answers_without_remains(folder):
    """The answers, without the unfinished file that a kill may leave, in a folder with a dot first."""
    return {name: text for name, text in answers(folder).items() if not is_hidden(name)}


def test_what_others_have_not_finished_holds_nobody_up(run, questions, capsys):
    asked = [run, "--input", questions, "--output"]
    name, job = "huge.jsonl/00002-of-00007.jsonl", "_job/1.json"
    begun = OutputFolder("out")
    with pytest.raises(ZeroDivisionError), begun.writing(name) as first, begun.writing(job) as second:
        first.write_text("half")
        second.write_text("half")
        assert "5 new" in done(capsys, *asked, "out", "--shard", "1/2")
        raise ZeroDivisionError
    left = Path("out/a/.few.jsonl.elsewhere.1.x/new/few.jsonl")  # by a process killed on another machine
    left.parent.mkdir(parents=True)
    left.touch()
    assert "5 new" in done(capsys, *asked, "out")
    done(capsys, *asked, "one-go")
    assert answers_without_remains("out") == answers("one-go")


def test_what_was_changed_since_is_answered_anew(run, questions, capsys):
    done(capsys, run, "--input", questions, "--output", "out")
    few = Path("questions/a/few.jsonl")
    few.write_text(few.read_text().replace("cat", "dog"))
    with Path("out/huge.jsonl/00003-of-00007.jsonl").open("r+") as file:
        file.truncate(700)
    Path("out/b/few.jsonl").write_text("[]\n")
    assert "3 new" in done(capsys, run, "--input", questions, "--output", "out")
    done(capsys, run, "--input", questions, "--output", "one-go")
    assert answers("out") == answers("one-go")


def test_a_damaged_line_is_named_and_what_is_done_is_kept(run, questions, capsys):
    done(capsys, run, "--input", questions, "--output", "one-go")
    huge = Path("questions/huge.jsonl")
    lines = huge.read_text().splitlines(keepends=True)
    huge.write_text("".join([*lines[:60], "{" + lines[60][1:].replace(":", ";", 1), *lines[61:]]))
    assert main([str(run), "--input", questions, "--output", "out"]) == 2
    assert capsys.readouterr().err.startswith("error: questions/huge.jsonl, line 61: not JSON; write ")
    kept = answers("out")
    assert kept.items() < answers("one-go").items()
    assert len(kept) == 3 + 4
    huge.write_text("".join(lines))
    assert "3 new" in done(capsys, run, "--input", questions, "--output", "out")
    assert content("out") == content("one-go")


# Mistakes.


def test_answers_of_other_settings_are_not_mixed(run, questions, capsys):
    done(capsys, run, "--input", questions, "--output", "out", "--shard", "1/2")
    error = refused(main, [run, "--input", questions, "--output", "out", "--top-k", "3"], capsys)
    assert "out was begun with other settings (top_k 5 there, 3 now; out/_job/" in error
    other = retrained(run, lambda weights: weights + 1)
    error = refused(main, [other, "--input", questions, "--output", "out", "--shard", "2/2"], capsys)
    assert "(model " in error
    Path("out/_job/other.json").write_text("[]")
    error = refused(main, [run, "--input", questions, "--output", "out"], capsys)
    assert "out/_job/other.json is damaged" in error
    Path("out/_job/other.json").unlink()
    shutil.copytree(run, "copy")
    done(capsys, "copy", "--input", questions, "--output", "out", "--shard", "2/2")


def retrained(run, change):
    """A copy of a run with other weights."""
    folder = shutil.copytree(run, Path("other"))
    model = load_run(folder).model
    model.set_weights([change(weights) for weights in model.get_weights()])
    model.save(folder / "model.keras")
    return folder


def test_scores_that_are_not_finite_are_refused(run, questions, capsys):
    other = retrained(run, lambda weights: weights * float("nan"))
    for arguments in (["--input", "questions/a/few.jsonl"], ["--question", "what", "--json"]):
        error = refused(main, [other, *arguments], capsys)
        assert "scores for the question 'what" in error
        assert "are not all finite" in error
    assert main([str(other), "--input", questions, "--output", "out"]) == 2
    assert answers("out") == {}


def test_mistakes_in_use_are_one_line(run, questions, tmp_path_factory, capsys):
    done(capsys, run, "--input", questions, "--output", "out")
    pipe = tmp_path_factory.mktemp("elsewhere") / "pipe"
    os.mkfifo(pipe)
    asked = [run, "--input", questions]
    write_questions("other/.h.jsonl", 1)
    write_questions("other/1.jsonl", 1)
    write_questions("named/_job/1.jsonl", 1)
    for arguments, message in [
        ([run, "--question", "what", "--output", "new"], "--output and --shard go with --input"),
        ([run, "--question", "what", "--shard", "1/2"], "--output and --shard go with --input"),
        ([*asked, "--shard", "0/3"], "--shard 0/3: write K/N"),
        ([run, "--input", "questions/*.json"], "questions/*.json: No such file, and none that matches"),
        ([run, "--input", "questions"], "questions is a folder; name its files"),
        ([run, "--input", pipe, "--output", "new"], "pipe is no regular file"),
        ([run, "--input", pipe, "--shard", "1/2"], "pipe is no regular file"),
        ([*asked, "--output", "other"], "other is not empty, nor begun by this command"),
        ([*asked, "--output", "questions"], "questions/a/few.jsonl lies in questions, the folder for"),
        ([*asked, "--output", "questions/new"], "would find the answers questions/new/a/few.jsonl the next"),
        ([run, "--input", "other/*.jsonl", "--output", "new"], "other/.h.jsonl: its answers cannot have the"),
        (
            [run, "--input", "named/**/*.jsonl", "--output", "new"],
            "cannot have the name _job/1.jsonl",
        ),
        ([*asked, "--output", "questions/huge.jsonl"], "questions/huge.jsonl is a file"),
        ([*asked, "--output", "s4://bucket/out"], "s4://bucket/out: Protocol not known"),
        ([run, "--input", "questions/a/*.jsonl", "--output", "out"], "out/a/few.jsonl answers none of these"),
    ]:
        assert message in refused(main, arguments, capsys)
    Path("out/_job").rename("out/job")
    assert "out is not empty" in refused(main, [*asked, "--output", "out"], capsys)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"question": "what", "weight": NaN}', "not JSON"),
        ('{"question": "what", "weight": 1e999}', "not JSON"),
        ('{"question": "what", "weight": ' + "1" * 5000 + "}", "not JSON"),
        (json.dumps({"question": "what" * 300_000}), "is longer than 1048576 bytes"),
        (json.dumps({"question": "what"})[:-1], "not JSON"),
        ('{"question": "what", "answers": ["cat"]}', "has a field 'answers', which the answer would replace"),
        ('{"question": "what", "unknown_words": null}', "has a field 'unknown_words', which"),
    ],
)
def test_a_bad_line_is_named(run, capsys, line, message):
    Path("bad.jsonl").write_text(f'\n{{"question": "what"}}\n{line}\n')
    assert f"bad.jsonl, line 3: {message}" in refused(main, [run, "--input", "bad.jsonl"], capsys)
