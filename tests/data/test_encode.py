"""Encoding the COCO-QA text release."""

import dataclasses
import hashlib
import time

import numpy as np
import pytest

from cocoqa_keras.data import encode
from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.data.encode import EncodingSummary, encode_cocoqa
from cocoqa_keras.data.formats import read_array, read_pickle, write_pickle
from cocoqa_keras.errors import InputError

FILES = {
    *("train.npy", "valid.npy", "test.npy", "qdict.pkl", "ansdict.pkl"),
    *("imgid_dict.pkl", "vocab-dict.npy", "test-qtype.npy"),
}
TRAIN = [
    *[("What is on the table ?", "cat", "200", "0")] * 5,
    *[("how many dogs", "two", "9", "1")] * 4,
    ("where is the dog", "sofa", "200", "3"),
]
TEST = [("what is the color of the cat?", "red", "31", "2"), ("how many dogs", "two", "9", "1")]


def write_text_release(folder, train=TRAIN, test=TEST):
    for part, rows in (("train", train), ("test", test)):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for name, column in zip(
            ("questions", "answers", "img_ids", "types"), zip(*rows, strict=True), strict=True
        ):
            (folder / part / f"{name}.txt").write_text("".join(f"{line}\n" for line in column))
    return folder


@pytest.fixture
def source(tmp_path):
    return write_text_release(tmp_path / "text")


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_coco_qa_has_the_sizes_of_the_published_models(shared, tmp_path):
    started = time.monotonic()
    summary = encode_cocoqa(shared / "data" / "cocoqa", tmp_path / "cocoqa")
    assert time.monotonic() - started < 10
    assert dataclasses.asdict(summary) == {
        "train": 70_863,
        "valid": 7_873,
        "test": 38_948,
        "question_words": 9_738,
        "answers": 431,
        "images": 69_172,
        "words_per_question": 55,
    }
    dataset = load_dataset(tmp_path / "cocoqa")
    assert (dataset.vocabulary_size, dataset.answer_count) == (9_738, 431)
    assert np.bincount(dataset.question_types).tolist() == [27_206, 2_755, 6_509, 2_478]
    assert dataset.question_words.decode(dataset.train.questions[0]) == [
        *("what", "is", "using", "umbrellas", "as", "a", "central", "theme")
    ]
    assert dataset.answers.word_of(dataset.train.answers[0]) == "sculpture"
    assert dataset.image_names[dataset.train.image_ids[0] - 1] == "397899"


def test_every_file_is_written_as_the_2015_program_reads_it(source, tmp_path):
    output = tmp_path / "data"
    summary = encode_cocoqa(source, output)
    assert summary == EncodingSummary(9, 1, 2, 9, 3, 3, 55)
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


def test_a_longer_question_makes_all_of_them_longer(tmp_path):
    source = write_text_release(tmp_path / "text", test=[(" ".join(["word"] * 60), "cat", "9", "0")])
    assert encode_cocoqa(source, tmp_path / "data").words_per_question == 60
    assert load_dataset(tmp_path / "data").train.questions.shape == (9, 60)


def test_words_that_are_not_ascii_survive(tmp_path):
    source = write_text_release(tmp_path / "text", train=[("what is in the café", "crème", "9", "0")])
    encode_cocoqa(source, tmp_path / "data")
    dataset = load_dataset(tmp_path / "data")
    assert dataset.question_words.words == ("what", "is", "in", "the", "café", "UNK")
    assert dataset.answers.words == ("crème", "UNK")


def test_image_ids_follow_a_given_index(source, tmp_path):
    index = tmp_path / "imgid_dict.pkl"
    write_pickle(index, ["31", "5", "200", "9"])
    assert encode_cocoqa(source, tmp_path / "data", index).images == 4
    dataset = load_dataset(tmp_path / "data")
    assert dataset.image_names == ("31", "5", "200", "9")
    assert dataset.train.image_ids.tolist() == [3] * 5 + [4] * 4
    assert dataset.test.image_ids.tolist() == [1, 4]


def test_an_image_that_the_index_lacks_is_named_with_its_line(source, tmp_path):
    index = tmp_path / "imgid_dict.pkl"
    write_pickle(index, ["200", "9"])
    with pytest.raises(InputError, match=r"img_ids\.txt, line 1: the image 31 is not in the given index"):
        encode_cocoqa(source, tmp_path / "data", index)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("questions", b"what\nis\n", "has 10 lines and questions.txt 2"),
        ("answers", b"cat\n" * 9, "answers.txt has 9 lines and questions.txt 10"),
        ("types", b"0\n" * 11, "types.txt has 11 lines"),
        ("answers", b"cat\n" * 3 + b" \n" + b"cat\n" * 6, "answers.txt, line 4: is empty"),
        ("questions", b"what\n" * 3 + b"?\n" + b"what\n" * 6, "questions.txt, line 4: has no words"),
        ("questions", b"what\n" * 3 + b"caf\xe9\n" + b"what\n" * 6, "questions.txt, line 4: not UTF-8"),
        ("img_ids", b"9\n" * 8 + b"nine\n9\n", "img_ids.txt, line 9: is not the number of an image"),
        ("types", b"0\n" * 9 + b"4\n", "types.txt, line 10: is not a type, 0 to 3"),
        ("types", b"", "types.txt, line 1: is empty"),
        ("types", None, "types.txt"),
    ],
)
def test_bad_text_is_refused_with_file_and_line_and_leaves_nothing(name, content, message, source, tmp_path):
    path = source / "train" / f"{name}.txt"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        encode_cocoqa(source, tmp_path / "data")
    assert message in str(caught.value)
    assert str(source / "train") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["text"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_interrupted_encoding_leaves_nothing_or_the_old_data_set(error, source, tmp_path, monkeypatch):
    def interrupted(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(encode, "write_pickle", interrupted)
        with pytest.raises((KeyboardInterrupt, InputError)):
            encode_cocoqa(source, tmp_path / "data")
        assert [path.name for path in tmp_path.iterdir()] == ["text"]
    encode_cocoqa(source, tmp_path / "data")
    before = digests(tmp_path / "data")
    write_text_release(source, train=TRAIN[::-1])
    monkeypatch.setattr(encode, "write_pickle", interrupted)
    with pytest.raises((KeyboardInterrupt, InputError)):
        encode_cocoqa(source, tmp_path / "data")
    assert digests(tmp_path / "data") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "text"]


def test_a_data_set_is_replaced_and_files_beside_it_are_kept(source, tmp_path):
    output = tmp_path / "data"
    encode_cocoqa(source, output)
    (output / "features.h5").write_bytes(b"features")
    write_text_release(source, train=TRAIN[::-1])
    encode_cocoqa(source, output)
    assert load_dataset(output).question_words.word_of(1) == "where"
    assert (output / "features.h5").read_bytes() == b"features"
    assert {path.name for path in output.iterdir()} == FILES | {"features.h5"}


def test_an_empty_output_folder_is_filled(source, tmp_path):
    (tmp_path / "data").mkdir()
    encode_cocoqa(source, tmp_path / "data")
    assert {path.name for path in (tmp_path / "data").iterdir()} == FILES


def test_a_folder_or_file_of_something_else_is_left_alone(source, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("text")
    for output in (tmp_path / "thesis", tmp_path / "thesis" / "chapter.tex"):
        with pytest.raises(InputError, match="is not an encoded data set"):
            encode_cocoqa(source, output)
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


def test_the_same_text_gives_the_same_bytes(source, tmp_path):
    encode_cocoqa(source, tmp_path / "first")
    encode_cocoqa(source, tmp_path / "second")
    assert digests(tmp_path / "first") == digests(tmp_path / "second")
