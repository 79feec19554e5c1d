"""In-graph text handling against the package's own."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given
from hypothesis import strategies as st

from cocoqa_keras.data.vocabulary import Vocabulary, tokenize
from cocoqa_keras.export.text import QuestionEncoder

WORDS = Vocabulary(("what", "is", "it", "école", "UNK"), 1)
ENCODE = QuestionEncoder(WORDS)
SPACES = [chr(code) for code in range(0x110000) if chr(code).isspace()]


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("what is it", [1, 2, 3]),
        ("What IS it?", [1, 2, 3]),
        ("what is it ? ", [1, 2, 3]),
        ("what is it ??", [1, 2, 3]),
        ("  what\t is\r\nit", [1, 2, 3]),
        ("what is that", [1, 2, 5]),
        ("what ? is", [1, 5, 2]),
        ("what's UNK", [5, 5]),
        ("École", [4]),
        ("", []),
        (" ? ", []),
    ],
)
def test_a_question_becomes_the_ids_of_its_words(question, ids):
    assert ENCODE(tf.constant([question])).numpy().tolist() == [ids]


def test_shorter_questions_are_padded_to_the_longest():
    ids = ENCODE(tf.constant(["what", "what is it", ""]))
    assert ids.dtype == tf.int32
    assert ids.numpy().tolist() == [[1, 0, 0], [1, 2, 3], [0, 0, 0]]


def test_no_question_gives_no_row():
    assert ENCODE(tf.constant([], tf.string)).shape[0] == 0


def test_every_white_space_of_python_separates_words():
    questions = [f"what{space}is" for space in SPACES]
    assert ENCODE(tf.constant(questions)).numpy().tolist() == [[1, 2]] * len(SPACES)


def test_bytes_that_are_not_text_make_an_unknown_word():
    assert ENCODE(tf.constant([b"what \xff is"])).numpy().tolist() == [[1, 5, 2]]


PIECES = st.sampled_from([*WORDS.words, *map(str.upper, WORDS.words), *SPACES, " ", "?", " ? "]) | st.text(
    max_size=3
)


@given(st.lists(st.lists(PIECES, max_size=12).map("".join), min_size=1, max_size=4))
@example(["\0", "what\0"])
def test_any_text_gets_the_ids_that_python_gives_it(questions):
    rows = [WORDS.encode(tokenize(question)) for question in questions]
    expected = np.zeros((len(rows), max(map(len, rows))), int)
    for row, ids in zip(expected, rows, strict=True):
        row[: len(ids)] = ids
    np.testing.assert_array_equal(ENCODE(tf.constant(questions)), expected)
