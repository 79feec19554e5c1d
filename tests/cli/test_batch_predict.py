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
from refusal import refused
from success import done

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


def content(folder):
    """The content of each file of a folder."""
    folder = Path(folder)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def answers(folder):
    """The content of the files of answers."""
    return {name: text for name, text in content(folder).items() if not name.startswith("_job/")}


# What is written.


def test_each_file_of_questions_has_its_file_of_answers(bow, questions, capsys):
    printed = done(main, [bow, "--input", questions], capsys)
    assert done(main, [bow, "--input", questions, "--output", "out"], capsys).endswith(
        "out: 10 files, 10 new\n"
    )
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


def test_answers_behind_a_url_are_the_same(bow, questions, capsys):
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.put("questions", "/bucket/questions", recursive=True)
    done(main, [bow, "--input", questions, "--output", "out"], capsys)
    for added in (10, 0):
        told = done(
            main,
            [bow, "--input", "memory://bucket/questions/**/*.jsonl", "--output", "memory://bucket/out"],
            capsys,
        )
        assert told.endswith(f"memory://bucket/out: 10 files, {added} new\n")
    memory.get("/bucket/out", "fetched", recursive=True)
    assert content("fetched") == content("out")


def test_shares_come_to_the_same_in_any_order(bow, questions, capsys):
    done(main, [bow, "--input", questions, "--output", "out"], capsys)
    for number in (2, 3, 1):
        told = done(main, [bow, "--input", questions, "--output", "shared", "--shard", f"{number}/3"], capsys)
        count = 4 if number == 1 else 3
        assert f"shared: {count} files, {count} new" in told
    assert content("shared") == content("out")


def test_a_share_may_be_printed(bow, questions, capsys):
    whole = done(main, [bow, "--input", questions], capsys).splitlines()
    shares = [
        done(main, [bow, "--input", questions, "--shard", f"{n}/2"], capsys).splitlines() for n in (1, 2)
    ]
    assert all(shares)
    assert sorted(chain(*shares)) == sorted(whole)


def test_a_pipe_is_answered_on_standard_output(bow, tmp_path, capsys):
    os.mkfifo("pipe")
    with subprocess.Popen(["/bin/sh", "-c", "cat questions/a/few.jsonl > pipe"], cwd=tmp_path):
        printed = done(main, [bow, "--input", "pipe"], capsys)
    assert printed == done(main, [bow, "--input", "questions/a/few.jsonl"], capsys)


# Going on.


@pytest.mark.slow
def test_a_killed_process_is_gone_on_with(bow, capsys):
    write_questions("many/q.jsonl", 2000)
    shutil.copytree("questions", "many/others")
    arguments = [bow, "--input", "many/**/*.jsonl", "--output"]
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
    told = done(main, [*arguments, "out"], capsys)
    whole = answers_without_remains("out")
    assert 0 < len(kept) < len(whole)
    assert f"out: {len(whole)} files, {len(whole) - len(kept)} new" in told
    assert all(Path("out", name).stat().st_mtime_ns == written for name, written in kept.items())
    done(main, [*arguments, "one-go"], capsys)
    assert whole == answers("one-go")


def answers_without_remains(folder):
    """The answers, without the unfinished file that a kill may leave, in a folder with a dot first."""
    return {name: text for name, text in answers(folder).items() if not is_hidden(name)}


def test_what_others_have_not_finished_holds_nobody_up(bow, questions, capsys):
    asked = [bow, "--input", questions, "--output"]
    name, job = "huge.jsonl/00002-of-00007.jsonl", "_job/1.json"
    begun = OutputFolder("out")
    with pytest.raises(ZeroDivisionError), begun.writing(name) as first, begun.writing(job) as second:
        first.write_text("half")
        second.write_text("half")
        assert "5 new" in done(main, [*asked, "out", "--shard", "1/2"], capsys)
        raise ZeroDivisionError
    left = Path("out/a/.few.jsonl.elsewhere.1.x/new/few.jsonl")  # by a process killed on another machine
    left.parent.mkdir(parents=True)
    left.touch()
    assert "5 new" in done(main, [*asked, "out"], capsys)
    done(main, [*asked, "one-go"], capsys)
    assert answers_without_remains("out") == answers("one-go")


def test_what_was_changed_since_is_answered_anew(bow, questions, capsys):
    done(main, [bow, "--input", questions, "--output", "out"], capsys)
    few = Path("questions/a/few.jsonl")
    few.write_text(few.read_text().replace("cat", "dog"))
    with Path("out/huge.jsonl/00003-of-00007.jsonl").open("r+") as file:
        file.truncate(700)
    Path("out/b/few.jsonl").write_text("[]\n")
    assert "3 new" in done(main, [bow, "--input", questions, "--output", "out"], capsys)
    done(main, [bow, "--input", questions, "--output", "one-go"], capsys)
    assert answers("out") == answers("one-go")


def test_a_damaged_line_is_named_and_what_is_done_is_kept(bow, questions, capsys):
    done(main, [bow, "--input", questions, "--output", "one-go"], capsys)
    huge = Path("questions/huge.jsonl")
    lines = huge.read_text().splitlines(keepends=True)
    huge.write_text("".join([*lines[:60], "{" + lines[60][1:].replace(":", ";", 1), *lines[61:]]))
    assert main([str(bow), "--input", questions, "--output", "out"]) == 2
    assert capsys.readouterr().err.startswith("error: questions/huge.jsonl, line 61: not JSON; write ")
    kept = answers("out")
    assert kept.items() < answers("one-go").items()
    assert len(kept) == 3 + 4
    huge.write_text("".join(lines))
    assert "3 new" in done(main, [bow, "--input", questions, "--output", "out"], capsys)
    assert content("out") == content("one-go")


# Mistakes.


def test_answers_of_other_settings_are_not_mixed(bow, questions, capsys):
    done(main, [bow, "--input", questions, "--output", "out", "--shard", "1/2"], capsys)
    error = refused(main, [bow, "--input", questions, "--output", "out", "--top-k", "3"], capsys)
    assert "out was begun with other settings (top_k 5 there, 3 now; out/_job/" in error
    other = retrained(bow, lambda weights: weights + 1)
    error = refused(main, [other, "--input", questions, "--output", "out", "--shard", "2/2"], capsys)
    assert "(model " in error
    Path("out/_job/other.json").write_text("[]")
    error = refused(main, [bow, "--input", questions, "--output", "out"], capsys)
    assert "out/_job/other.json is damaged" in error
    Path("out/_job/other.json").unlink()
    shutil.copytree(bow, "copy")
    done(main, ["copy", "--input", questions, "--output", "out", "--shard", "2/2"], capsys)


def retrained(bow, change):
    """A copy of a run with other weights."""
    folder = shutil.copytree(bow, Path("other"))
    model = load_run(folder).model
    model.set_weights([change(weights) for weights in model.get_weights()])
    model.save(folder / "model.keras")
    return folder


def test_scores_that_are_not_finite_are_refused(bow, questions, capsys):
    other = retrained(bow, lambda weights: weights * float("nan"))
    for arguments in (["--input", "questions/a/few.jsonl"], ["--question", "what", "--json"]):
        error = refused(main, [other, *arguments], capsys)
        assert "scores for the question 'what" in error
        assert "are not all finite" in error
    assert main([str(other), "--input", questions, "--output", "out"]) == 2
    assert answers("out") == {}


def test_mistakes_in_use_are_one_line(bow, questions, tmp_path_factory, capsys):
    done(main, [bow, "--input", questions, "--output", "out"], capsys)
    pipe = tmp_path_factory.mktemp("elsewhere") / "pipe"
    os.mkfifo(pipe)
    asked = [bow, "--input", questions]
    write_questions("other/.h.jsonl", 1)
    write_questions("other/1.jsonl", 1)
    write_questions("named/_job/1.jsonl", 1)
    for arguments, message in [
        ([bow, "--question", "what", "--output", "new"], "--output and --shard go with --input"),
        ([bow, "--question", "what", "--shard", "1/2"], "--output and --shard go with --input"),
        ([*asked, "--shard", "0/3"], "--shard 0/3: write K/N"),
        ([bow, "--input", "questions/*.json"], "questions/*.json: No such file, and none that matches"),
        ([bow, "--input", "questions"], "questions is a folder; name its files"),
        ([bow, "--input", pipe, "--output", "new"], "pipe is no regular file"),
        ([bow, "--input", pipe, "--shard", "1/2"], "pipe is no regular file"),
        ([*asked, "--output", "other"], "other is not empty, nor begun by this command"),
        ([*asked, "--output", "questions"], "questions/a/few.jsonl lies in questions, the folder for"),
        ([*asked, "--output", "questions/new"], "would find the answers questions/new/a/few.jsonl the next"),
        ([bow, "--input", "other/*.jsonl", "--output", "new"], "other/.h.jsonl: its answers cannot have the"),
        (
            [bow, "--input", "named/**/*.jsonl", "--output", "new"],
            "cannot have the name _job/1.jsonl",
        ),
        ([*asked, "--output", "questions/huge.jsonl"], "questions/huge.jsonl is a file"),
        ([*asked, "--output", "s4://bucket/out"], "s4://bucket/out: Protocol not known"),
        ([bow, "--input", "questions/a/*.jsonl", "--output", "out"], "out/a/few.jsonl answers none of these"),
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
def test_a_bad_line_is_named(bow, capsys, line, message):
    Path("bad.jsonl").write_text(f'\n{{"question": "what"}}\n{line}\n')
    assert f"bad.jsonl, line 3: {message}" in refused(main, [bow, "--input", "bad.jsonl"], capsys)
