"""Encoding questions into the files of the 2015 program."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.data import encode
from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.data.encode import choose_encoding, write_encoded, write_encoded_per_type
from cocoqa_keras.data.examples import Example, Examples, Parts
from cocoqa_keras.data.formats import read_array, read_pickle
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.errors import InputError

FILES = {
    *("train.npy", "valid.npy", "test.npy", "qdict.pkl", "ansdict.pkl"),
    *("imgid_dict.pkl", "vocab-dict.npy", "test-qtype.npy"),
}
TRAIN = [*[("what is on the table", "cat", "200", 0)] * 5, *[("how many dogs", "two", "9", 1)] * 4]
VALID = [("where is the dog", "sofa", "200", 3)]
TEST = [("what is the color of the cat", "red", "31", 2), ("how many dogs", "two", "9", 1)]
ROWS = st.lists(
    st.builds(
        Example,
        st.lists(st.sampled_from(["what", "is", "caf\u00e9", "UNK", "x" * 99]), min_size=1, max_size=60),
        st.sampled_from(["cat", "two", "red", "UNK"]),
        st.sampled_from(["9", "31", "200", "kitchen"]),
        st.integers(0, 3),
    ),
    max_size=9,
)


def examples(rows):
    return Examples.of(Example(question.split(), *others) for question, *others in rows)


def parts(train=TRAIN, valid=VALID, test=TEST):
    return Parts(examples(train), examples(valid), examples(test))


def write(folder, **changes):
    write_encoded(folder, choose_encoding(parts(**changes)))
    return folder


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_every_file_is_written_as_the_2015_program_reads_it(tmp_path):
    output = write(tmp_path / "data")
    assert {path.name for path in output.iterdir()} == FILES
    words = {"what": 1, "is": 2, "on": 3, "the": 4, "table": 5, "how": 6, "many": 7, "dogs": 8}
    assert read_pickle(output / "qdict.pkl") == words | {"UNK": 9}
    assert read_pickle(output / "ansdict.pkl") == {"cat": 0, "two": 1, "UNK": 2}
    assert read_pickle(output / "imgid_dict.pkl") == ["9", "31", "200"]
    inputs, targets = read_array(output / "train.npy")
    assert (inputs.shape, inputs.dtype, targets.shape, targets.dtype) == (
        (9, 56, 1),
        np.int64,
        (9, 1),
        np.int64,
    )
    assert inputs[0, :7, 0].tolist() == [3, 1, 2, 3, 4, 5, 0]
    inputs, targets = read_array(output / "valid.npy")
    assert inputs[0, :6, 0].tolist() == [3, 9, 2, 4, 9, 0]
    assert targets.tolist() == [[2]]
    inputs, targets = read_array(output / "test.npy")
    assert inputs[:, :9, 0].tolist() == [[2, 1, 2, 4, 9, 9, 4, 9, 0], [1, 6, 7, 8, 0, 0, 0, 0, 0]]
    assert targets.tolist() == [[2], [1]]
    assert read_array(output / "test-qtype.npy").tolist() == [2, 1]
    question_ids, question_words, answer_ids, answers = read_array(output / "vocab-dict.npy")
    assert question_ids == read_pickle(output / "qdict.pkl")
    assert question_words == [*words, "UNK"]
    assert (answer_ids, answers) == ({"cat": 0, "two": 1, "UNK": 2}, ["cat", "two", "UNK"])


def test_the_sizes_are_told(tmp_path):
    assert choose_encoding(parts()).sizes() == {
        "train": 9,
        "valid": 1,
        "test": 2,
        "question words": 9,
        "answers": 3,
        "images": 3,
        "words per question": 55,
        "questions left out": 0,
    }


def test_a_longer_question_makes_all_of_them_longer(tmp_path):
    write(tmp_path / "data", test=[("word " * 60, "cat", "9", 0)])
    assert load_dataset(tmp_path / "data").train.questions.shape == (9, 60)


def test_words_that_are_not_ascii_survive(tmp_path):
    dataset = load_dataset(
        write(tmp_path / "data", train=[("what is in the caf\u00e9", "cr\u00e8me", "9", 0)])
    )
    assert dataset.question_words.words == ("what", "is", "in", "the", "caf\u00e9", "UNK")
    assert dataset.answers.words == ("cr\u00e8me", "UNK")


# The ids


def test_image_ids_follow_a_given_index(tmp_path):
    encoding = choose_encoding(parts(), ["31", "5", "200", "9"])
    write_encoded(tmp_path / "data", encoding)
    dataset = load_dataset(tmp_path / "data")
    assert dataset.image_names == ("31", "5", "200", "9")
    assert dataset.train.image_ids.tolist() == [3] * 5 + [4] * 4
    assert dataset.test.image_ids.tolist() == [1, 4]


def test_images_that_the_index_lacks_are_named():
    with pytest.raises(InputError, match=r"lacks 2 of the images that are asked about, the first of them 9;"):
        choose_encoding(parts(), ["31", "5"])


def test_without_an_index_images_come_in_order_of_their_numbers_then_names():
    train = [("what", "cat", image, 0) for image in ("b", "10", "2", "a", "100", "\u00b2")]
    assert choose_encoding(parts(train, [], [])).image_names == ["2", "10", "100", "a", "b", "\u00b2"]


def test_rare_words_are_unknown():
    train = [("a b b", "x", "1", 0), ("c b a c c", "y", "1", 0)]
    assert choose_encoding(parts(train), min_count=2).question_words.words == ("a", "b", "c", "UNK")
    assert choose_encoding(parts(train), min_count=3).question_words.words == ("b", "c", "UNK")
    assert choose_encoding(parts(train), min_count=4).question_words.words == ("UNK",)


def test_questions_with_rare_answers_are_left_out_but_for_the_test_part():
    encoding = choose_encoding(parts(), top_answers=1)
    assert encoding.answers.words == ("cat", "UNK")
    assert [len(part) for _, part in encoding.parts.items()] == [5, 0, 2]
    assert encoding.sizes()["questions left out"] == 5
    assert "how" not in encoding.question_words


def test_the_first_of_equally_frequent_answers_is_kept():
    train = [("what", answer, "1", 0) for answer in "cabbac"]
    assert choose_encoding(parts(train), top_answers=2).answers.words == ("c", "a", "UNK")


def test_a_source_without_training_questions_is_refused():
    with pytest.raises(InputError, match="no training questions"):
        choose_encoding(parts(train=[]))


@given(train=ROWS.filter(len), valid=ROWS, test=ROWS, min_count=st.integers(1, 3))
def test_every_question_comes_back(train, valid, test, min_count, tmp_path_factory, decoded):
    folder = tmp_path_factory.mktemp("encoded") / "data"
    encoding = choose_encoding(Parts(*map(Examples.of, (train, valid, test))), min_count=min_count)
    write_encoded(folder, encoding)
    dataset, found = decoded(folder)
    words = [word for row in train for word in row.question]
    for name, rows in (("train", train), ("valid", valid), ("test", test)):
        assert found.get(name, []) == [
            (
                [word if words.count(word) >= min_count else "UNK" for word in row.question],
                row.answer if row.answer in {row.answer for row in train} else "UNK",
                row.image,
            )
            for row in rows
        ]
    if test:
        assert dataset.question_types.tolist() == [row.type for row in test]


# A data set per type


def test_the_data_sets_of_the_types_make_up_the_whole(tmp_path, decoded):
    encoding = choose_encoding(parts())
    folders = write_encoded_per_type(tmp_path / "data", encoding)
    assert [folder.name for folder in folders] == ["data-object", "data-number"]  # no other is in train
    write_encoded(tmp_path / "data", encoding)
    whole, questions = decoded(tmp_path / "data")
    for folder, kind in zip(folders, (QuestionType.OBJECT, QuestionType.NUMBER), strict=True):
        dataset, found = decoded(folder)
        assert dataset.question_words == whole.question_words
        assert dataset.answers == whole.answers
        assert dataset.image_names == whole.image_names
        expected = [
            question
            for question, asked in zip(questions["test"], whole.question_types, strict=True)
            if asked == kind
        ]
        assert found.get("test", []) == expected
    assert len(load_dataset(folders[0]).train) == 5
    assert load_dataset(folders[1]).question_types.tolist() == [1]


def test_the_working_folder_has_data_sets_per_type_beside_it(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    write_encoded_per_type(".", choose_encoding(parts()))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "here-number", "here-object"]


# The folder


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_interrupted_encoding_leaves_nothing_or_the_old_data_set(error, tmp_path, monkeypatch):
    def interrupted(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(encode, "write_pickle", interrupted)
        with pytest.raises((KeyboardInterrupt, InputError)):
            write(tmp_path / "data")
        assert list(tmp_path.iterdir()) == []
    before = digests(write(tmp_path / "data"))
    monkeypatch.setattr(encode, "write_pickle", interrupted)
    with pytest.raises((KeyboardInterrupt, InputError)):
        write(tmp_path / "data", train=TRAIN[::-1])
    assert digests(tmp_path / "data") == before
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_data_set_is_replaced_and_files_beside_it_are_kept(tmp_path):
    output = write(tmp_path / "data")
    (output / "features.h5").write_bytes(b"features")
    write(output, train=TRAIN[::-1])
    assert load_dataset(output).question_words.word_of(1) == "how"
    assert (output / "features.h5").read_bytes() == b"features"
    assert {path.name for path in output.iterdir()} == FILES | {"features.h5"}


def test_an_empty_output_folder_is_filled(tmp_path):
    (tmp_path / "data").mkdir()
    assert {path.name for path in write(tmp_path / "data").iterdir()} == FILES


def test_a_folder_or_file_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("text")
    for output in (tmp_path / "thesis", tmp_path / "thesis" / "chapter.tex"):
        with pytest.raises(InputError, match="is not an encoded data set"):
            write(output)
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


def test_the_same_questions_give_the_same_bytes(tmp_path):
    assert digests(write(tmp_path / "first")) == digests(write(tmp_path / "second"))
