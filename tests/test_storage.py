"""Files here and behind URLs; `memory://` stands for every URL."""

import errno
import os

import fsspec
import pytest

from cocoqa_keras.errors import InputError
from cocoqa_keras.storage import OutputFolder, find_files


def cat_file_as_of_s3(self, path, version_id=None, start=None, end=None):
    """As strict as s3fs is about what it is given."""
    assert version_id is None
    if end <= start:
        raise OSError("The requested range is not satisfiable")
    return self.store[path].getvalue()[start:end]


@pytest.fixture(params=["local", "memory"])
def place(request, tmp_path, monkeypatch):
    """An empty folder, here or behind a URL."""
    if request.param == "local":
        yield str(tmp_path)
        return
    memory = fsspec.filesystem("memory")
    monkeypatch.setattr(type(memory), "cat_file", cat_file_as_of_s3)
    memory.store.clear()
    yield "memory://bucket"
    memory.store.clear()


def write(place, *names):
    folder = OutputFolder(place)
    for name in names:
        with folder.writing(name) as temporary:
            temporary.write_text(f"content of {name}")
    return folder


def test_what_is_written_is_found_and_read(place):
    folder = write(place, "a.jsonl", "deep/er/b.jsonl")
    assert folder.names() == {"a.jsonl", "deep/er/b.jsonl"}
    with folder.open("deep/er/b.jsonl") as file:
        assert file.read() == b"content of deep/er/b.jsonl"
    (file,) = find_files(f"{place}/a.jsonl")
    assert (file.place, file.name, file.size) == (f"{place}/a.jsonl", "a.jsonl", 18)
    assert file.open(3, 10).read() == b"tent of"
    assert file.open(11, 1000).read() == b"a.jsonl"
    assert file.open(0, 0).read() == b""


def test_what_fails_leaves_nothing(place):
    folder = write(place, "old")
    for name in ("old", "new"):
        with pytest.raises(RuntimeError), folder.writing(name) as temporary:
            temporary.write_text("half")
            raise RuntimeError
    assert folder.names() == {"old"}
    with folder.open("old") as file:
        assert file.read() == b"content of old"


def test_what_is_unfinished_is_not_among_the_names(tmp_path):
    folder = write(str(tmp_path), "old")
    with folder.writing("new") as temporary, folder.writing("deep/new") as other:
        temporary.write_text("half")
        other.write_text("half")
        assert folder.names() == {"old"}
    assert folder.names() == {"old", "new", "deep/new"}


@pytest.mark.parametrize("answer", [b"content of a.jsonl", b"con"])
def test_a_server_that_knows_no_ranges_is_told(answer, monkeypatch):
    place = "memory://bucket"
    write(place, "a.jsonl")
    (file,) = find_files(f"{place}/a.jsonl")
    monkeypatch.setattr(type(file.filesystem), "cat_file", lambda *_, **__: answer)
    with pytest.raises(InputError, match=rf"a\.jsonl: 9 bytes were asked for and {len(answer)} came; it has"):
        file.open(3, 12)
    file.filesystem.store.clear()


def test_a_full_disk_is_told(place):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with (
        pytest.raises(InputError, match=r"cannot write .*: No space left"),
        OutputFolder(place).writing("new"),
    ):
        raise full
    assert OutputFolder(place).names() == set()


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("a/*.jsonl", ["1.jsonl", "2.jsonl"]),
        ("*/?.jsonl", ["a/1.jsonl", "a/2.jsonl", "b/1.jsonl", "b/4.jsonl"]),
        ("**/1.jsonl", ["a/1.jsonl", "b/1.jsonl"]),
        ("b/[1-3].jsonl", ["1.jsonl"]),
        ("b/[4].jsonl", ["[4].jsonl"]),  # a name as it is goes before what it would match
    ],
)
def test_files_are_found_by_wildcards_and_named_apart(place, pattern, names):
    write(place, "a/1.jsonl", "a/2.jsonl", "b/1.jsonl", "b/4.jsonl", "b/[4].jsonl")
    found = find_files(f"{place}/{pattern}")
    assert [file.name for file in found] == names
    assert all(file.place.endswith(f"/{file.name}") and file.place.startswith(place) for file in found)


def test_a_relative_path_stays_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("here", "1.jsonl")
    assert [(file.place, file.name) for file in find_files("here/*")] == [("here/1.jsonl", "1.jsonl")]
    assert [(file.place, file.name) for file in find_files("*/1.jsonl")] == [("here/1.jsonl", "here/1.jsonl")]


def test_a_pipe_has_no_size(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert find_files(f"{tmp_path}/pipe")[0].size is None


def test_links_are_followed(tmp_path):
    write(str(tmp_path / "disk"), "1.jsonl", "folder/2.jsonl")
    (tmp_path / "links").mkdir()
    for name, target in (("1.jsonl", "1.jsonl"), ("f.jsonl", "folder")):
        (tmp_path / "links" / name).symlink_to(tmp_path / "disk" / target)
    (file,) = find_files(f"{tmp_path}/links/*.jsonl")
    assert (file.name, file.size) == ("1.jsonl", 18)
    assert OutputFolder(f"{tmp_path}/links").holds(file)
    assert OutputFolder(f"{tmp_path}/disk").holds(file)
    (tmp_path / "links" / "g.jsonl").symlink_to("nowhere")
    with pytest.raises(InputError, match=r"links/g\.jsonl: No such file"):
        find_files(f"{tmp_path}/links/*.jsonl")


def test_a_folder_knows_its_files(place, tmp_path):
    folder = write(f"{place}/a", "b/1.jsonl")
    write(f"{place}/ab", "1.jsonl")
    assert [folder.holds(file) for file in find_files(f"{place}/**/*.jsonl")] == [True, False]
    assert folder.is_found("new.jsonl", f"{place}/*/*.jsonl")
    assert not folder.is_found("new.jsonl", f"{place}/*.jsonl")
    assert not folder.is_found("new.jsonl", f"{place}/b*/*.jsonl")


def test_what_is_not_there_is_refused(place):
    assert OutputFolder(f"{place}/nowhere").names() == set()
    write(place, "a/1.jsonl")
    for pattern, message in [
        ("b/*.jsonl", "none that matches"),
        ("b/1.jsonl", "No such file"),
        ("a", r"is a folder; name its files, as in .*/a/\*"),
    ]:
        with pytest.raises(InputError, match=message):
            find_files(f"{place}/{pattern}")
    with pytest.raises(InputError, match=r"1\.jsonl is a file"):
        OutputFolder(f"{place}/a/1.jsonl")


@pytest.mark.parametrize("use", [find_files, OutputFolder])
def test_a_url_that_nothing_reads_is_refused(use):
    with pytest.raises(InputError, match="nonsense://a/b: Protocol not known"):
        use("nonsense://a/b")


def test_a_url_that_fails_is_one_line(monkeypatch):
    """Libraries behind URLs have exceptions of their own, such as botocore's for missing credentials."""

    def fail(self, path, **kwargs):
        raise RuntimeError("Unable to locate credentials")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "exists", fail)
    with pytest.raises(InputError, match=r"memory://b/c\.jsonl: Unable to locate credentials; "):
        find_files("memory://b/c.jsonl")
