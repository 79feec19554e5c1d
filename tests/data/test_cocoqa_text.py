"""Reading the COCO-QA text release."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.data.cocoqa_text import read_cocoqa
from cocoqa_keras.data.encode import choose_encoding, write_encoded
from cocoqa_keras.data.examples import Example
from cocoqa_keras.data.question_types import question_type
from cocoqa_keras.errors import InputError

WORDS = st.text("abcdefgh\u00e9\u4e2d'-1?.", min_size=1, max_size=6).filter(lambda word: word.strip("?"))
ROWS = st.lists(
    st.tuples(
        st.lists(WORDS, min_size=1, max_size=8).filter(lambda words: not words[-1].endswith("?")),
        WORDS,
        st.integers(0, 10**18 - 1).map(str),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=25,
)
TRAIN = [("What is on the table ?", "cat", "200", "0")] * 19 + [("where is it", "sofa", "9", "3")]
TEST = [("what is the color of the cat?", "red", "31", "2")]


def write_release(folder, train=TRAIN, test=TEST):
    for part, rows in (("train", train), ("test", test)):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for name, column in zip(
            ("questions", "answers", "img_ids", "types"), zip(*rows, strict=True), strict=True
        ):
            (folder / part / f"{name}.txt").write_text("".join(f"{line}\n" for line in column), "utf-8")
    return folder


def test_the_last_tenth_of_the_training_text_is_for_validation(tmp_path):
    parts = read_cocoqa(write_release(tmp_path))
    assert [len(part) for _, part in parts.items()] == [18, 2, 1]
    assert list(parts.valid)[-1] == Example(["where", "is", "it"], "sofa", "9", 3)
    assert list(parts.test) == [Example(["what", "is", "the", "color", "of", "the", "cat"], "red", "31", 2)]


@settings(max_examples=30)
@given(train=ROWS, test=ROWS)
def test_every_question_comes_back_from_the_encoded_files(train, test, tmp_path_factory, decoded):
    folder = tmp_path_factory.mktemp("release")

    def as_lines(rows):
        return [(" ".join(question), answer, image, str(kind)) for question, answer, image, kind in rows]

    write_release(folder / "text", as_lines(train), as_lines(test))
    encoding = choose_encoding(read_cocoqa(folder / "text"))
    write_encoded(folder / "encoded", encoding)
    count = len(train) - len(train) // 10
    dataset, parts = decoded(folder / "encoded")
    assert parts["train"] == [tuple(row[:3]) for row in train[:count]]
    known = set(encoding.answers.words)
    assert [row[1] for row in parts["test"]] == [row[1] if row[1] in known else "UNK" for row in test]
    assert [row[2] for row in parts["test"]] == [row[2] for row in test]
    assert dataset.question_types.tolist() == [row[3] for row in test]


@pytest.fixture(scope="module")
def coco_qa(shared, tmp_path_factory):
    """The real text, and the folder of its encoded files."""
    parts = read_cocoqa(shared / "data" / "cocoqa")
    folder = tmp_path_factory.mktemp("real") / "cocoqa"
    encoding = choose_encoding(parts)
    write_encoded(folder, encoding)
    return parts, encoding, folder


def test_coco_qa_has_the_sizes_of_the_published_models(coco_qa):
    _, encoding, _ = coco_qa
    assert encoding.sizes() == {
        "train": 70_863,
        "valid": 7_873,
        "test": 38_948,
        "question words": 9_738,
        "answers": 431,
        "images": 69_172,
        "words per question": 55,
        "questions left out": 0,
    }


def test_every_training_question_of_coco_qa_comes_back(coco_qa, decoded):
    parts, _, folder = coco_qa
    dataset, found = decoded(folder)
    assert found["train"] == [(row.question, row.answer, row.image) for row in parts.train]
    assert dataset.question_types.tolist() == parts.test.types


def test_the_guessed_types_of_coco_qa_are_right_in_all_but_one_of_ten_thousand(coco_qa):
    parts, _, _ = coco_qa
    agreeing = sum(question_type(row.question) == row.type for row in parts.test)
    assert agreeing / len(parts.test) > 0.9999


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("questions", b"what\nis\n", "answers.txt has 20 lines and questions.txt 2"),
        ("answers", b"cat\n" * 19, "answers.txt has 19 lines and questions.txt 20"),
        ("types", b"0\n" * 21, "types.txt has 21 lines"),
        ("types", b"", "types.txt has 0 lines"),
        ("answers", b"cat\n" * 3 + b" \n" + b"cat\n" * 16, "answers.txt, line 4: is empty"),
        ("questions", b"what\n" * 3 + b"?\n" + b"what\n" * 16, "questions.txt, line 4: has no words"),
        ("questions", b"word " * 501, "questions.txt, line 1: has 501 words; 500 at most"),
        ("questions", b"what\n" * 3 + b"caf\xe9\n" + b"what\n" * 16, "questions.txt, line 4: not UTF-8"),
        ("img_ids", b"9\n" * 18 + b"nine\n9\n", "img_ids.txt, line 19: is not the number of an image"),
        ("types", b"0\n" * 19 + b"4\n", "types.txt, line 20: is not a type, 0 to 3"),
        ("types", None, "types.txt: No such file"),
    ],
)
def test_bad_text_is_refused_with_file_and_line(name, content, message, tmp_path):
    path = write_release(tmp_path) / "train" / f"{name}.txt"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_cocoqa(tmp_path)
    assert message in str(caught.value)
    assert str(tmp_path / "train") in str(caught.value)
    assert "\n" not in str(caught.value)
