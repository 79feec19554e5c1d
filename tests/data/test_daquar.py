"""Reading DAQUAR."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.data.daquar import AnswerChoice, read_daquar
from cocoqa_keras.data.encode import choose_encoding, write_encoded
from cocoqa_keras.data.examples import Example
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.errors import InputError

PAIRS = [
    ("what is on the desk in the image3 ?", "lamp"),
    ("what is in front of the door in the image3 ?", "book, garbage_bin"),
    ("how many chairs are there in the image12 ?", "2"),
]
WORDS = st.lists(st.sampled_from(["what", "is", "on", "the", "desk", "in", "many"]), min_size=1, max_size=9)
ANSWERS = st.lists(st.text("abc_1", min_size=1, max_size=4), min_size=1, max_size=3)


def write_daquar(folder, train=PAIRS, test=PAIRS[:1]):
    folder.mkdir(exist_ok=True)
    for part, pairs in (("train", train), ("test", test)):
        text = "".join(f"{question}\n{answers}\n" for question, answers in pairs)
        (folder / f"qa.894.raw.{part}.txt").write_text(text, "utf-8")
    return folder


def test_questions_with_one_answer_are_read_and_the_others_counted(tmp_path):
    parts = read_daquar(write_daquar(tmp_path))
    assert list(parts.train) == [
        Example(["what", "is", "on", "the", "desk"], "lamp", "3", QuestionType.OBJECT),
        Example(["how", "many", "chairs", "are", "there"], "2", "12", QuestionType.NUMBER),
    ]
    assert (len(parts.valid), len(parts.test), parts.left_out) == (0, 1, 1)


@pytest.mark.parametrize(
    ("choice", "answer"), [(AnswerChoice.FIRST, "book"), (AnswerChoice.JOIN, "book, garbage_bin")]
)
def test_questions_with_several_answers_are_read_as_asked(choice, answer, tmp_path):
    parts = read_daquar(write_daquar(tmp_path), choice)
    assert parts.train.answers == ["lamp", answer, "2"]
    assert parts.left_out == 0


@pytest.mark.parametrize(
    ("question", "words", "image"),
    [
        ("what is it in the image7 ?", "what is it", "7"),
        ("what is it in the image007", "what is it", "7"),
        ("what is at the top of the image7 ?", "what is at the top of the image", "7"),
        ("what is left of the image7 near the door in the image7 ?", None, "7"),
        ("what is visible in th eimage7 ?", "what is visible in th image", "7"),
        ("what is it in the Image7 ?", "what is it", "7"),
    ],
)
def test_no_word_tells_the_number_of_the_image(question, words, image, tmp_path):
    (example,) = read_daquar(write_daquar(tmp_path, test=[(question, "lamp")])).test
    assert " ".join(example.question) == (words or "what is left of the image near the door")
    assert example.image == image


@settings(max_examples=30)
@given(
    pairs=st.lists(st.tuples(WORDS, st.integers(0, 99), ANSWERS), min_size=1, max_size=12),
    choice=st.sampled_from(AnswerChoice),
)
def test_every_question_comes_back_from_the_encoded_files(pairs, choice, tmp_path_factory, decoded):
    folder = tmp_path_factory.mktemp("daquar")
    lines = [(f"{' '.join(words)} in the image{image} ?", ", ".join(many)) for words, image, many in pairs]
    write_daquar(folder / "text", [*lines, ("what in the image1 ?", "cat")], lines)
    encoding = choose_encoding(read_daquar(folder / "text", choice))
    write_encoded(folder / "encoded", encoding)
    _, parts = decoded(folder / "encoded")
    expected = [
        (words, ", ".join(many) if choice is AnswerChoice.JOIN else many[0], str(image))
        for words, image, many in [*pairs, (["what"], 1, ["cat"])]
        if choice is not AnswerChoice.SINGLE or len(many) == 1
    ]
    assert parts["train"] == expected[: len(expected) - len(expected) // 10]


def test_the_real_daquar_has_its_sizes(shared):
    parts = read_daquar(shared / "data" / "daquar")
    assert [len(part) for _, part in parts.items()] == [5_535, 614, 5_076]
    assert parts.left_out == 646 + 597
    assert not any("image" in word and word != "image" for row in parts.train for word in row.question)
    first = read_daquar(shared / "data" / "daquar", AnswerChoice.FIRST)
    assert [len(part) for _, part in first.items()] == [6_116, 679, 5_673]
    assert len({*first.train.images, *first.valid.images, *first.test.images}) == 1_447


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("what is on the desk ?", "lamp")], "line 1: names no image, such as image3"),
        ([*PAIRS, ("in the image3 ?", "lamp")], "line 7: has no words"),
        ([*PAIRS, ("what is it in the image3 ?", " ")], "line 8: is empty"),
        ([*PAIRS, ("what is it in the image3 ?", "lamp, , book")], "line 8: is empty"),
        ([*PAIRS, ("what is it in the image3 ?\nlamp", "book")], "has 9 lines, and each question needs two"),
    ],
)
def test_bad_text_is_refused_with_file_and_line(pairs, message, tmp_path):
    with pytest.raises(InputError) as caught:
        read_daquar(write_daquar(tmp_path, train=pairs))
    assert message in str(caught.value)
    assert str(tmp_path / "qa.894.raw.train.txt") in str(caught.value)


def test_two_versions_in_one_folder_are_refused(tmp_path):
    write_daquar(tmp_path)
    (tmp_path / "qa.37.raw.train.txt").touch()
    with pytest.raises(InputError, match=r"both qa\.37\.raw\.train\.txt and qa\.894\.raw\.train\.txt match"):
        read_daquar(tmp_path)
