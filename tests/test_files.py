"""Folders that are either whole or absent."""

from pathlib import Path

import pytest

from cocoqa_keras.errors import InputError
from cocoqa_keras.files import atomic_folder


def fill(folder, content="new", names=("mark", "data"), **options):
    with atomic_folder(folder, **options) as unfinished:
        for name in names:
            (unfinished / name).write_text(content)


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


def test_a_move_cut_short_leaves_no_mixture_and_can_be_repeated(tmp_path, monkeypatch):
    fill(tmp_path / "folder", "old", **MERGED)

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(InputError, match="No space left"):
        patch.setattr(Path, "replace", fail)
        fill(tmp_path / "folder", **MERGED)
    assert content_of(tmp_path / "folder") == {"mark": "old"}
    fill(tmp_path / "folder", **MERGED)
    assert content_of(tmp_path / "folder") == {"mark": "new", "data": "new"}


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
