"""Reading the lines of text files, and finding the files of a source."""

import pytest

from cocoqa_keras.data.source_files import MAX_LINE_BYTES, only_file, read_lines
from cocoqa_keras.errors import InputError


def lines_of(tmp_path, content):
    path = tmp_path / "questions.txt"
    path.write_bytes(content)
    return list(read_lines(path))


def test_lines_come_as_they_are(tmp_path):
    content = "what is it\r\n\n caf\u00e9\u2028there"
    assert lines_of(tmp_path, content.encode()) == ["what is it\r\n", "\n", " caf\u00e9\u2028there"]


def test_the_mark_at_the_start_of_a_file_is_no_text(tmp_path):
    assert lines_of(tmp_path, b"\xef\xbb\xbfone\n\xef\xbb\xbftwo") == ["one\n", "\ufefftwo"]


@pytest.mark.parametrize("text", ["caf\u00e9", "what"])
def test_other_encodings_are_refused_with_the_line(text, tmp_path):
    encoded = text.encode("latin-1" if "\u00e9" in text else "utf-16")
    with pytest.raises(InputError, match=r"questions\.txt, line 2: not UTF-8"):
        lines_of(tmp_path, b"one\n" + encoded)


def test_a_line_without_end_is_refused(tmp_path):
    assert len(lines_of(tmp_path, b"x" * MAX_LINE_BYTES)) == 1
    with pytest.raises(InputError, match="line 2: is longer than 100000 bytes"):
        lines_of(tmp_path, b"x\n" + b"x" * (MAX_LINE_BYTES + 1))


def test_the_only_file_of_a_pattern_is_found(tmp_path):
    with pytest.raises(InputError, match=r"there is no file \*\.txt"):
        only_file(tmp_path, "*.txt")
    (tmp_path / "a.txt").touch()
    (tmp_path / "b.txt").touch()
    with pytest.raises(InputError, match=r"both a\.txt and b\.txt match"):
        only_file(tmp_path, "*.txt")
    assert only_file(tmp_path, "*.txt", but_not="a*") == tmp_path / "b.txt"
