"""Files and folders that are either whole or absent."""

import errno
import os
import platform
import subprocess
import sys

import pytest
from broken_disk import broken_disk, fails, is_full

from cocoqa_keras.errors import InputError
from cocoqa_keras.files import atomic_folder, atomic_path, write_text


def fill(folder, content="new", names=("mark", "data"), **options):
    with atomic_folder(folder, **options) as unfinished:
        for name in names:
            (unfinished / name).write_text(content)


def interrupt():
    raise KeyboardInterrupt


def content_of(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


REPLACED = {"kind": "a thing", "mark": "mark"}
MERGED = {**REPLACED, "last": "data"}


@pytest.mark.parametrize("options", [{}, REPLACED, MERGED])
@pytest.mark.parametrize("is_there", [False, True])
def test_a_new_or_empty_folder_appears_when_it_is_whole(options, is_there, tmp_path):
    folder = tmp_path / "a" / "folder"
    if is_there:
        folder.mkdir(parents=True)
    with atomic_folder(folder, **options) as unfinished:
        (unfinished / "data").touch()
        assert not folder.exists() or not any(folder.iterdir())
    assert [path.name for path in folder.iterdir()] == ["data"]
    assert [path.name for path in folder.parent.iterdir()] == ["folder"]


def test_an_older_folder_is_replaced_as_a_whole(tmp_path):
    fill(tmp_path / "folder", "old", ("mark", "other"), **REPLACED)
    fill(tmp_path / "folder", **REPLACED)
    assert content_of(tmp_path / "folder") == {"mark": "new", "data": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_other_files_are_kept_where_files_are_moved(tmp_path):
    fill(tmp_path / "folder", "old", ("mark", "other"), **MERGED)
    fill(tmp_path / "folder", **MERGED)
    assert content_of(tmp_path / "folder") == {"mark": "new", "data": "new", "other": "old"}


@pytest.mark.parametrize("options", [REPLACED, MERGED])
def test_a_link_leads_to_where_the_folder_lies(options, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk")
    for content in ("old", "new"):
        fill(tmp_path / "link", content, **options)
        assert (tmp_path / "link").is_symlink()
        assert content_of(tmp_path / "disk") == {"mark": content, "data": content}


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis").write_text("text")
    for options, message in (({}, "is not an empty folder"), (MERGED, "is not a thing; choose another")):
        for folder in (tmp_path, tmp_path / "thesis"):
            with pytest.raises(InputError, match=message):
                fill(folder, **options)
    assert content_of(tmp_path) == {"thesis": "text"}


def test_a_folder_that_another_process_filled_meanwhile_is_left_alone(tmp_path):
    with (
        pytest.raises(InputError, match="is not an empty folder"),
        atomic_folder(tmp_path / "folder") as unfinished,
    ):
        (unfinished / "data").touch()
        fill(tmp_path / "folder")
    assert content_of(tmp_path / "folder") == {"mark": "new", "data": "new"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError(28, "No space left on device")])
def test_nothing_is_left_of_an_unfinished_folder(error, tmp_path):
    fill(tmp_path / "folder", "old", **MERGED)
    with (
        pytest.raises((KeyboardInterrupt, ValueError)),
        atomic_folder(tmp_path / "folder", **MERGED) as unfinished,
    ):
        (unfinished / "data").touch()
        raise error
    assert content_of(tmp_path / "folder") == {"mark": "old", "data": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


# Files


def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_thereafter(tmp_path, monkeypatch):
    calls = []

    def told(name, call):
        monkeypatch.setattr(os, name, lambda *arguments: (calls.append(name), call(*arguments)))

    told("fsync", os.fsync)
    told("replace", os.replace)
    told("rename", os.rename)
    write_text(tmp_path / "file", "new")
    assert calls == ["replace", "fsync", "replace", "fsync"]  # the first has the lock
    calls.clear()
    fill(tmp_path / "folder", names=("mark", "data"))
    assert calls == ["replace", *["fsync"] * 3, "rename", "fsync"]


def test_a_link_leads_to_where_the_file_lies(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link.txt").symlink_to("disk/file.txt")
    for content in ("old", "new"):
        write_text(tmp_path / "link.txt", content)
        assert (tmp_path / "link.txt").is_symlink()
        assert content_of(tmp_path / "disk") == {"file.txt": content}


@pytest.mark.parametrize("name", ["folder", "pipe"])
def test_what_is_no_file_is_left_alone(name, tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=f"^cannot write .*/{name}: it exists and is not a file; choose"):
        write_text(tmp_path / name, "new")
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "pipe"}


@pytest.mark.parametrize("name", ["old", "new", "replaced", ".lock", "x" * 255])
def test_a_file_may_have_any_name(name, tmp_path):
    for content in ("old", "new"):
        write_text(tmp_path / name, content)
    assert content_of(tmp_path) == {name: "new"}


def test_a_name_that_no_file_can_have_is_told(tmp_path):
    with pytest.raises(InputError, match=r"xxx: File name too long; choose a shorter name"):
        write_text(tmp_path / ("x" * 256), "new")


@pytest.mark.parametrize("write", [lambda path: write_text(path, "new"), fill])
def test_links_in_a_circle_are_told(write, tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match=r"cannot write .*/loop: Too many levels of symbolic links; choose"):
        write(tmp_path / "loop")


# A disk that breaks, a process that is killed


@pytest.mark.parametrize("fault", [fails, is_full, interrupt])
@pytest.mark.parametrize("options", [REPLACED, MERGED])
@pytest.mark.parametrize("old", [{}, {"mark": "old", "data": "old"}])
def test_a_disk_that_breaks_at_any_step_leaves_the_old_or_the_new(old, options, fault, tmp_path):
    new = dict.fromkeys(("mark", "data", "more"), "new, of more than ten bytes")
    refused = 0
    for step in range(100):
        place = tmp_path / str(step)
        for name, content in old.items():
            write_text(place / "folder" / name, content)
            write_text(place / name, content)
        with broken_disk(step, fault) as disk:
            try:
                fill(place / "folder", new["mark"], new, **options)
                write_text(place / "mark", new["mark"])
            except (InputError, KeyboardInterrupt):
                refused += 1
        found = content_of(place / "folder") if (place / "folder").exists() else {}
        assert found in (old, new)
        found = (place / "mark").read_text() if (place / "mark").exists() else None
        assert found in (old.get("mark"), new["mark"])
        assert not list(place.glob(".*"))
        if disk.steps <= step:
            break
    assert 5 < refused <= step


KILLED_AT = """
import os, sys
from cocoqa_keras.files import atomic_folder
rename, left = os.rename, int(sys.argv[2])
def rename_or_die(*arguments):
    global left
    left -= 1
    if left < 0:
        os._exit(9)
    rename(*arguments)
os.rename = rename_or_die
with atomic_folder(sys.argv[1], "a thing", "mark", "data") as folder:
    for name in ("mark", "data", "more"):
        (folder / name).write_text("new")
"""


@pytest.mark.parametrize("renames", range(6))
def test_a_process_that_is_killed_while_files_move_leaves_no_mixture(renames, tmp_path):
    fill(tmp_path / "folder", "old", **MERGED)
    process = subprocess.run(
        [sys.executable, "-c", KILLED_AT, tmp_path / "folder", str(renames)], check=False
    )
    found = content_of(tmp_path / "folder")
    assert process.returncode == (9 if renames < 5 else 0)
    assert "data" not in found or set(found.values()) == ({"old"} if renames == 0 else {"new"})
    with pytest.raises(ZeroDivisionError), atomic_folder(tmp_path / "folder", **MERGED):
        raise ZeroDivisionError
    found = content_of(tmp_path / "folder")  # the next moves the rest
    assert found in ({"mark": "old", "data": "old"}, dict.fromkeys(("mark", "data", "more"), "new"))
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("renames", range(6))
def test_a_folder_is_known_although_a_process_was_killed_as_it_moved_the_mark(renames, tmp_path):
    code = KILLED_AT.replace('"mark", "data")', '"data", "data")')
    options = {"kind": "a thing", "mark": "data", "last": "data"}
    fill(tmp_path / "folder", "old", **options)
    subprocess.run([sys.executable, "-c", code, tmp_path / "folder", str(renames)], check=False)
    fill(tmp_path / "folder", "newer", ("mark", "data", "more"), **options)
    assert set(content_of(tmp_path / "folder").values()) == {"newer"}
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


KILLED = """
import sys, time
from cocoqa_keras.files import atomic_folder, atomic_path
with atomic_path(sys.argv[1] + "/file") as file, atomic_folder(sys.argv[1] + "/folder") as folder:
    file.write_text("half")
    (folder / "data").write_text("half")
    print("begun", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def killed(tmp_path):
    """A process that is killed before its file and its folder are whole; it may be killed by the test."""
    with subprocess.Popen([sys.executable, "-c", KILLED, tmp_path], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"begun\n"
        yield process
        process.kill()


def test_what_a_killed_process_leaves_is_removed_by_the_next(killed, tmp_path):
    write_text(tmp_path / "file", "whole")
    fill(tmp_path / "folder")
    assert len(list(tmp_path.glob(".*"))) == 2  # it is running
    killed.kill()
    killed.wait()
    write_text(tmp_path / "file", "whole")
    assert [path.name.split(".")[1] for path in tmp_path.glob(".*")] == ["folder"]  # another's work
    fill(tmp_path / "folder", **REPLACED)
    assert {path.name for path in tmp_path.iterdir()} == {"file", "folder"}


def test_a_folder_that_a_killed_process_had_moved_away_comes_back(tmp_path):
    fill(tmp_path / "folder", "old")
    process = subprocess.Popen(["true"])
    process.wait()
    hidden = tmp_path / f".folder.{platform.node()}.{process.pid}.abc"
    hidden.mkdir()
    (tmp_path / "folder").rename(hidden / "old")
    with pytest.raises(ZeroDivisionError), atomic_folder(tmp_path / "folder", **REPLACED):
        raise ZeroDivisionError
    assert content_of(tmp_path / "folder") == {"mark": "old", "data": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def renumbered(folder, number):
    """The hidden folders as another container would have left them, where processes have other numbers."""
    for path in folder.glob(".f*"):
        name, _, rest = path.name.rpartition(".")
        path.rename(path.with_name(f"{name.rpartition('.')[0]}.{number}.{rest}"))


def test_what_a_killed_process_left_is_removed_by_one_of_its_number(killed, tmp_path):
    killed.kill()
    killed.wait()
    renumbered(tmp_path, os.getpid())
    write_text(tmp_path / "file", "whole")
    fill(tmp_path / "folder")
    assert {path.name for path in tmp_path.iterdir()} == {"file", "folder"}


def test_the_work_of_another_container_is_left_alone(killed, tmp_path):
    renumbered(tmp_path, 2**22 + 1)  # more than any process has
    write_text(tmp_path / "file", "whole")
    fill(tmp_path / "folder")
    assert len(list(tmp_path.glob(".*"))) == 2


def test_a_file_system_without_locks_is_written_to(tmp_path, monkeypatch):
    def flock(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", flock)
    with atomic_path(tmp_path / "file") as unfinished:
        unfinished.write_text("half")
        write_text(tmp_path / "file", "new")  # which leaves the other alone
        unfinished.write_text("newer")
    assert content_of(tmp_path) == {"file": "newer"}
