"""Downloads, from a server that does what servers do when they fail."""

import hashlib
import io
import json
import shutil
import socket
import stat
import threading
import zipfile
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from broken_disk import broken_disk, fails, is_full

from cocoqa_keras.data import download as download_module
from cocoqa_keras.data import fetch
from cocoqa_keras.data.archives import MAX_MEMBERS
from cocoqa_keras.data.download import RECORD_FILE, download
from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.data.manifest import Archive, Download, load_manifest
from cocoqa_keras.errors import InputError

FILES = {"train.npy": b"train" * 1000, "words/qdict.pkl": b"words"}


class Site:
    """A file on a server of this machine, and the ways in which the server serves it."""

    def __init__(self, content):
        self.content = content
        self.etag = '"1"'
        self.knows_ranges = True
        self.announced = None  # a length other than the true one; -1: none
        self.breaks = []  # after how many bytes the connections break, one after the other
        self.status = None
        self.redirection = None
        self.is_silent = False
        self.asked = []  # the ranges that were asked for
        self.over = threading.Event()

    def answer(self, handler):
        wanted = handler.headers.get("Range")
        self.asked.append(wanted)
        if self.is_silent:
            self.over.wait(60)
            return
        if self.status:
            handler.send_error(self.status)
            return
        if self.redirection:
            handler.send_response(302)
            handler.send_header("Location", self.redirection)
            handler.end_headers()
            return
        start = 0
        if wanted and self.knows_ranges and handler.headers["If-Range"] == self.etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        body = self.content[start:]
        if start and not body:
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(self.content)}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        handler.send_response(206 if start else 200)
        if start:
            last = len(self.content) - 1
            handler.send_header("Content-Range", f"bytes {start}-{last}/{len(self.content)}")
        if self.etag:
            handler.send_header("ETag", self.etag)
        if self.announced != -1:
            handler.send_header("Content-Length", str(self.announced or len(body)))
        handler.end_headers()
        with suppress(ConnectionError):  # whoever asked has seen enough
            handler.wfile.write(body[: self.breaks.pop(0)] if self.breaks else body)
        handler.close_connection = True


@pytest.fixture
def serve():
    """Puts a site on a server; gives the address."""
    servers = []

    def start(site):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.answer(self)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread, site))
        return f"http://127.0.0.1:{server.server_port}/data"

    yield start
    for server, thread, site in servers:
        site.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def features(tmp_path_factory):
    """A file of image features, some kilobytes long."""
    path = tmp_path_factory.mktemp("features") / "features.h5"
    write_features(path, np.random.default_rng(0).random((50, 40)))
    return path.read_bytes()


@pytest.fixture
def site(features):
    return Site(features)


def zipped(members=FILES, top=""):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(top + name if isinstance(name, str) else name, content)
    return buffer.getvalue()


ENTRY = {
    "title": "features",
    "file": "features.h5",
    "approximate_size": 1,
    "largest": 100_000,
    "size": None,
    "sha256": None,
    "archive": None,
    "licence": "free",
    "citation": "nobody",
}


def of_features(*urls, **fields):
    return Download(**{**ENTRY, "urls": list(urls), **fields})


def of_archive(*urls, **fields):
    archive = Archive(folder="cocoqa", files=list(FILES), largest=10_000)
    return of_features(*urls, file="cocoqa.zip", archive=archive, **fields)


def refused(entry, folder, source=None):
    """The one line in which a download ends; the file must not lie there."""
    before = [path for path in (folder / "features.h5", folder / "cocoqa") if path.exists()]
    with pytest.raises(InputError) as caught:
        download("it", entry, folder, source)
    assert "\n" not in str(caught.value)
    assert [path for path in (folder / "features.h5", folder / "cocoqa") if path.exists()] == before
    return str(caught.value)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# From the web


def test_a_file_comes_whole_and_is_not_fetched_again(serve, site, tmp_path):
    entry = of_features(serve(site))
    told = []
    assert download("it", entry, tmp_path, progress=lambda *state: told.append(state))
    assert (tmp_path / "features.h5").read_bytes() == site.content
    assert names(tmp_path) == [RECORD_FILE, "features.h5"]
    assert told[0] == (0, len(site.content))
    assert told[-1] == (len(site.content), len(site.content))
    assert not download("it", entry, tmp_path)
    assert len(site.asked) == 1


def test_what_came_is_recorded_with_its_digests_and_address(serve, site, tmp_path):
    url = serve(site)
    download("it", of_features(url), tmp_path)
    digest = hashlib.sha256(site.content).hexdigest()
    assert json.loads((tmp_path / RECORD_FILE).read_text()) == {
        "it": {"source": url, "sha256": digest, "files": {"features.h5": digest}}
    }


def test_a_connection_that_breaks_is_taken_up_where_it_broke(serve, site, tmp_path):
    site.breaks = [1000, 500]
    download("it", of_features(serve(site)), tmp_path)
    assert site.asked == [None, "bytes=1000-", "bytes=1500-"]
    assert (tmp_path / "features.h5").read_bytes() == site.content


@pytest.mark.parametrize("lack", ["ranges", "versions"])
def test_without_ranges_or_versions_the_fetching_starts_over(lack, serve, site, tmp_path):
    site.breaks = [1000]
    if lack == "ranges":
        site.knows_ranges = False
    else:
        site.etag = None
    download("it", of_features(serve(site)), tmp_path)
    assert site.asked == [None, "bytes=1000-" if lack == "ranges" else None]
    assert (tmp_path / "features.h5").read_bytes() == site.content


def test_a_later_run_goes_on_where_the_first_stopped(serve, site, tmp_path):
    site.breaks = [1000] + [0] * 5
    entry = of_features(serve(site))
    message = refused(entry, tmp_path)
    assert "broke off after 1000 of" in message
    assert "run this again" in message
    assert (tmp_path / "features.h5.part").read_bytes() == site.content[:1000]
    site.breaks = []
    download("it", entry, tmp_path)
    assert site.asked[-1] == "bytes=1000-"
    assert (tmp_path / "features.h5").read_bytes() == site.content


def test_a_full_disk_keeps_what_came_and_asks_no_other_address(serve, site, tmp_path):
    site.breaks = [1000]
    entry = of_features(serve(site), "http://x.invalid/data")
    with broken_disk(None, is_full), pytest.raises(InputError) as caught:
        download("it", entry, tmp_path, progress=lambda done, _: done and is_full())
    part = tmp_path / "features.h5.part"
    assert (
        str(caught.value) == f"cannot write {part}: File too large; choose another folder or free some space"
    )
    assert part.read_bytes() == site.content[:1000]
    download("it", entry, tmp_path)
    assert site.asked[-1] == "bytes=1000-"
    assert (tmp_path / "features.h5").read_bytes() == site.content


def test_an_archive_that_is_whole_but_could_not_be_put_in_its_place_is_fetched_again(serve, tmp_path):
    entry = of_archive(serve(Site(zipped())))
    refused_at = 0
    for step in range(100):
        with broken_disk(step, fails) as disk, suppress(InputError):
            download("it", entry, tmp_path / str(step))
        refused_at += not (tmp_path / str(step) / "cocoqa").exists()
        download("it", entry, tmp_path / str(step))
        assert names(tmp_path / str(step)) == ["cocoqa", RECORD_FILE]
        if disk.steps <= step:
            break
    assert refused_at > 5


def test_an_interrupted_run_goes_on_likewise(serve, site, tmp_path):
    entry = of_features(serve(site))

    def interrupt(done, total):
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download("it", entry, tmp_path, progress=interrupt)
    # All of it had come: the server has nothing to add.
    download("it", entry, tmp_path)
    assert site.asked == [None, f"bytes={len(site.content)}-"]
    assert (tmp_path / "features.h5").read_bytes() == site.content


def test_a_file_that_changes_meanwhile_is_not_glued_to_its_older_part(serve, site, features, tmp_path):
    site.breaks = [1000] + [0] * 5
    site.content, site.etag = b"old" * 1000, '"old"'
    entry = of_features(serve(site))
    refused(entry, tmp_path)
    site.content, site.etag, site.breaks = features, '"new"', []
    download("it", entry, tmp_path)
    assert site.asked[-1] == "bytes=1000-"
    assert (tmp_path / "features.h5").read_bytes() == features


def test_a_part_longer_than_the_file_is_thrown_away(serve, site, tmp_path):
    url = serve(site)
    (tmp_path / "features.h5.part").write_bytes(b"x" * 90_000)
    (tmp_path / "features.h5.part.json").write_text(json.dumps({"url": url, "version": site.etag}))
    download("it", of_features(url), tmp_path)
    assert site.asked == ["bytes=90000-", None]
    assert (tmp_path / "features.h5").read_bytes() == site.content


@pytest.mark.parametrize("origin", ["{}", "[", '{"url": 1, "version": "a\\nb"}', "[" * 100_000])
def test_a_part_of_unknown_origin_is_thrown_away(origin, serve, site, tmp_path):
    (tmp_path / "features.h5.part").write_bytes(b"x" * 100)
    (tmp_path / "features.h5.part.json").write_text(origin)
    download("it", of_features(serve(site)), tmp_path)
    assert site.asked == [None]
    assert (tmp_path / "features.h5").read_bytes() == site.content


@pytest.mark.parametrize("failure", ["404", "wrong bytes", "a page", "nobody"])
def test_the_next_mirror_serves_where_the_first_fails(failure, serve, site, features, tmp_path):
    bad = Site(features)
    if failure == "404":
        bad.status = 404
    elif failure == "wrong bytes":
        bad.content = features[:-1] + b"x"
    else:
        bad.content = b"<html>We have moved</html>"
    first = "http://127.0.0.1:9/data" if failure == "nobody" else serve(bad)
    second = serve(site)
    download("it", of_features(first, second, sha256=hashlib.sha256(features).hexdigest()), tmp_path)
    assert (tmp_path / "features.h5").read_bytes() == features
    assert json.loads((tmp_path / RECORD_FILE).read_text())["it"]["source"] == second


def test_wrong_bytes_are_refused_and_not_kept(serve, site, tmp_path):
    message = refused(of_features(serve(site), sha256="0" * 64), tmp_path)
    assert "expected 000" in message
    assert "by the manifest" in message
    assert "--from FOLDER" in message
    assert names(tmp_path) == []


def test_another_file_than_the_first_time_is_refused(serve, site, tmp_path):
    entry = of_features(serve(site))
    download("it", entry, tmp_path)
    (tmp_path / "features.h5").unlink()
    write_features(tmp_path / "other.h5", np.eye(3))
    site.content = (tmp_path / "other.h5").read_bytes()
    assert f"by {RECORD_FILE}" in refused(entry, tmp_path)


def test_another_size_than_the_known_one_is_refused(serve, site, tmp_path):
    assert f"it has {len(site.content)} bytes, expected 7" in refused(
        of_features(serve(site), size=7), tmp_path
    )


def test_a_page_in_place_of_the_file_is_refused_although_its_digest_is_unknown(serve, site, tmp_path):
    site.content = b"<html>We have moved</html>"
    assert "no file of image features" in refused(of_features(serve(site)), tmp_path)
    assert names(tmp_path) == []


def test_a_server_that_never_answers_is_left(serve, site, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "TIMEOUT", 0.2)
    site.is_silent = True
    url = serve(site)
    message = refused(of_features(url), tmp_path)
    assert f"{url}: no answer within 0.2 seconds" in message


def test_a_redirection_is_followed(serve, site, tmp_path):
    elsewhere = Site(b"")
    elsewhere.redirection = serve(site)
    download("it", of_features(serve(elsewhere)), tmp_path)
    assert (tmp_path / "features.h5").read_bytes() == site.content


@pytest.mark.parametrize("scheme", ["file", "ftp", "data"])
def test_a_redirection_out_of_the_web_is_not(scheme, serve, site, features, tmp_path):
    path = tmp_path / "elsewhere.h5"
    path.write_bytes(features)
    with socket.create_server(("127.0.0.1", 0)) as ftp:
        ftp.settimeout(0.2)
        addresses = {
            "file": path.as_uri(),
            "ftp": f"ftp://127.0.0.1:{ftp.getsockname()[1]}/x",
            "data": "data:text/plain,x",
        }
        site.redirection = addresses[scheme]
        refused(of_features(serve(site)), tmp_path)
        with pytest.raises(TimeoutError):
            ftp.accept()


def test_more_than_announced_is_not_read(serve, site, tmp_path):
    site.announced = 1000
    url = serve(site)
    assert "no file of image features" in refused(of_features(url), tmp_path)
    assert f"it has 1000 bytes, expected {len(site.content)}" in refused(
        of_features(url, size=len(site.content)), tmp_path
    )


@pytest.mark.parametrize("announced", [None, -1])
def test_more_than_can_be_is_cut_off(announced, serve, site, tmp_path):
    site.announced = announced
    site.content = bytes(5_000_000)
    message = refused(of_features(serve(site)), tmp_path)
    assert "more than the 100000" in message
    assert not (tmp_path / "features.h5.part").exists()


def test_a_file_without_an_announced_length_comes_whole(serve, site, tmp_path):
    site.announced = -1
    download("it", of_features(serve(site)), tmp_path)
    assert (tmp_path / "features.h5").read_bytes() == site.content


def test_a_machine_without_network_is_told_the_address_and_the_other_way(tmp_path):
    message = refused(of_features("http://nowhere.invalid/data"), tmp_path)
    assert "http://nowhere.invalid/data: " in message
    assert "cocoqa-data download it --from FOLDER" in message
    assert names(tmp_path) == []


# Archives


def test_what_another_process_brings_meanwhile_is_not_fetched_again(serve, tmp_path, monkeypatch):
    site = Site(zipped())
    entry = of_archive(serve(site))
    locked = download_module.locked

    @contextmanager
    def locked_late(folder):
        monkeypatch.setattr(download_module, "locked", locked)
        assert download("it", entry, tmp_path)
        with locked(folder):
            yield

    monkeypatch.setattr(download_module, "locked", locked_late)
    assert not download("it", entry, tmp_path)
    assert len(site.asked) == 1
    assert names(tmp_path) == ["cocoqa", RECORD_FILE]


@pytest.mark.parametrize("top", ["", "cocoqa/", "a/b/"])
def test_an_archive_is_unpacked_from_whatever_folder_it_has(top, serve, tmp_path):
    site = Site(zipped({**FILES, "README": b"read me", "more/train.npy": b"another"}, top))
    entry = of_archive(serve(site))
    assert download("it", entry, tmp_path)
    unpacked = tmp_path / "cocoqa"
    assert {str(path.relative_to(unpacked)) for path in unpacked.rglob("*.*")} == set(FILES)
    assert all((unpacked / file).read_bytes() == content for file, content in FILES.items())
    assert names(tmp_path) == ["cocoqa", RECORD_FILE]
    assert not download("it", entry, tmp_path)
    assert len(site.asked) == 1


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def encrypted():
    content = bytearray(zipped())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8] |= 1
    return bytes(content)


HOSTILE = {
    "a member above": (zipped({**FILES, "../evil": b""}), "outside"),
    "a member further above": (zipped({**FILES, "a/../../evil": b""}), "outside"),
    "an absolute member": (zipped({**FILES, "/evil": b""}), "outside"),
    "a member of another drive": (zipped({**FILES, "C:evil": b""}), "outside"),
    "a member with backslashes": (zipped({**FILES, "..\\evil": b""}), "outside"),
    "a link": (zipped({**FILES, link("evil"): b"/etc/passwd"}), "a link"),
    "a link for a file": (zipped({"train.npy": b"", link("words/qdict.pkl"): b"/etc/passwd"}), "a link"),
    "a missing file": (zipped({"train.npy": b""}), "no words/qdict.pkl"),
    "nothing": (zipped({}), "no train.npy"),
    "a bomb": (zipped({**FILES, "train.npy": bytes(10_000_000)}), "more than 10000 bytes"),
    "too many members": (zipped({str(number): b"" for number in range(MAX_MEMBERS + 1)}), "members"),
    "encrypted": (encrypted(), "encrypted"),
    "half of it": (zipped()[:100], "damaged"),
    "a page": (b"<html>We have moved</html>", "no zip archive"),
    "a bad sum": (zipped().replace(b"PK\x03\x04", b"PK\x03\x05"), "damaged"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_bad_archive_is_refused_and_leaves_nothing(what, serve, tmp_path):
    content, message = HOSTILE[what]
    folder = tmp_path / "data"
    assert message in refused(of_archive(serve(Site(content))), folder)
    assert names(tmp_path) == []


def test_another_folder_of_that_name_is_left_alone(serve, tmp_path):
    (tmp_path / "cocoqa").mkdir()
    (tmp_path / "cocoqa" / "mine").touch()
    assert "move it away" in refused(of_archive(serve(Site(zipped()))), tmp_path)
    assert names(tmp_path / "cocoqa") == ["mine"]


def test_a_file_that_was_changed_is_told(serve, tmp_path):
    entry = of_archive(serve(Site(zipped())))
    download("it", entry, tmp_path)
    (tmp_path / "cocoqa" / "train.npy").write_bytes(b"changed")
    assert f"{tmp_path / 'cocoqa' / 'train.npy'} is not what came" in refused(entry, tmp_path)


def test_what_was_removed_is_fetched_again_and_has_to_be_the_same(serve, tmp_path):
    site = Site(zipped())
    entry = of_archive(serve(site))
    download("it", entry, tmp_path)
    shutil.rmtree(tmp_path / "cocoqa")
    assert download("it", entry, tmp_path)
    shutil.rmtree(tmp_path / "cocoqa")
    site.content = zipped({**FILES, "train.npy": b"other"})
    assert f"by {RECORD_FILE}" in refused(entry, tmp_path)


# By hand


def test_files_fetched_by_hand_are_taken_from_their_folder_and_stay_there(features, tmp_path):
    (tmp_path / "hand").mkdir()
    (tmp_path / "hand" / "features.h5").write_bytes(features)
    (tmp_path / "hand" / "cocoqa.zip").write_bytes(zipped())
    folder = tmp_path / "data"
    for name, entry in (
        ("features", of_features("http://x.invalid")),
        ("it", of_archive("http://x.invalid")),
    ):
        assert download(name, entry, folder, tmp_path / "hand")
        assert not download(name, entry, folder, tmp_path / "hand")
    assert (folder / "features.h5").read_bytes() == features
    assert names(folder / "cocoqa") == ["train.npy", "words"]
    assert names(folder) == ["cocoqa", RECORD_FILE, "features.h5"]
    assert names(tmp_path / "hand") == ["cocoqa.zip", "features.h5"]


def test_files_fetched_by_hand_are_checked_likewise(features, tmp_path):
    path = tmp_path / "features.h5"
    path.write_bytes(features[:-1])
    entry = of_features("http://x.invalid/data", sha256=hashlib.sha256(features).hexdigest())
    message = refused(entry, tmp_path / "data", tmp_path)
    assert message.startswith(f"{path}: its SHA-256 is")
    assert message.endswith("fetch it anew from http://x.invalid/data")
    assert not (tmp_path / "data").exists()


def test_a_file_that_is_not_in_the_folder_is_named(tmp_path):
    message = refused(of_features("http://x.invalid/data"), tmp_path / "data", tmp_path)
    assert message == f"{tmp_path / 'features.h5'} is missing; fetch it from http://x.invalid/data"


def test_a_file_put_in_its_place_by_hand_is_checked_and_recorded(features, tmp_path):
    entry = of_features("http://x.invalid/data")
    path = tmp_path / "features.h5"
    path.write_bytes(features[: len(features) // 2])
    assert "move it away" in refused(entry, tmp_path)
    path.write_bytes(features)
    assert download("it", entry, tmp_path)
    assert not download("it", entry, tmp_path)


@pytest.mark.parametrize("content", ["[]", "{", '{"it": {"source": "x"}}', "\0", "[" * 100_000])
def test_a_damaged_record_is_an_error_that_says_what_to_do(content, tmp_path):
    (tmp_path / RECORD_FILE).write_text(content)
    assert "delete it" in refused(of_features("http://x.invalid/data"), tmp_path)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"choose another folder|check the folder"):
        download("it", of_features("http://x.invalid/data"), tmp_path / "file" / "data")


# The manifest


def test_the_manifest_lists_what_training_and_encoding_need():
    manifest = load_manifest()
    assert set(manifest) == {"encoded", "features", "text"}
    assert "cocoqa/train.npy" in manifest["encoded"].paths
    assert manifest["features"].paths == ["hidden_oxford_mscoco.h5"]
    assert "cocoqa-text/test/types.txt" in manifest["text"].paths
    assert all(entry.approximate_size < entry.largest for entry in manifest.values())
    assert all(entry.licence and "Ren" in entry.citation for entry in manifest.values())
