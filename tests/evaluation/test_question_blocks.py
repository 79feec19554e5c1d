"""Files of questions in blocks."""

import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.evaluation import question_blocks as module
from cocoqa_keras.evaluation.question_blocks import blocks_of
from cocoqa_keras.storage import find_files


def blocks_in(folder, content, size):
    """The blocks of a file, at most `size` bytes each; lines may have 9 bytes."""
    (Path(folder) / "a.jsonl").write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", size)
        patch.setattr(module, "MAX_LINE_BYTES", 9)
        blocks = blocks_of(find_files(f"{folder}/a.jsonl"))
        return [(block, list(block.lines()), block.lines_before()) for block in blocks]


def test_a_small_file_is_one_block_of_its_name(tmp_path):
    ((block, lines, before),) = blocks_in(tmp_path, b"one\ntwo", 7)
    assert (block.name, lines, before) == ("a.jsonl", [b"one\n", b"two"], 0)


def test_a_line_belongs_to_the_block_that_it_begins_in(tmp_path):
    blocks = blocks_in(tmp_path, b"one\ntwo\nthree\n4\n", 6)
    assert [(block.name, lines, before) for block, lines, before in blocks] == [
        ("a.jsonl/00001-of-00003.jsonl", [b"one\n", b"two\n"], 0),
        ("a.jsonl/00002-of-00003.jsonl", [b"three\n"], 2),
        ("a.jsonl/00003-of-00003.jsonl", [b"4\n"], 3),
    ]


def test_an_empty_file_is_a_block_without_lines(tmp_path):
    ((_, lines, _),) = blocks_in(tmp_path, b"", 5)
    assert lines == []


@given(st.lists(st.binary(max_size=8).map(lambda line: line.replace(b"\n", b"-"))), st.integers(1, 20))
def test_all_blocks_together_have_each_line_once_with_its_number(lines, size):
    content = b"\n".join(lines)
    with tempfile.TemporaryDirectory() as folder:
        blocks = blocks_in(folder, content, size)
    found = [(before + index, line) for _, lines, before in blocks for index, line in enumerate(lines)]
    assert found == list(enumerate(io.BytesIO(content)))


def test_no_more_of_a_long_line_is_read_than_shows_that_it_is_long(tmp_path):
    blocks = blocks_in(tmp_path, b"x" * 100, 50)
    assert len(blocks[0][1][0]) == 10
