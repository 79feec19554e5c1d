"""Loading an encoded data set."""

import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.data.dataset import Split, load_dataset
from cocoqa_keras.data.formats import read_array, write_array, write_pickle
from cocoqa_keras.errors import InputError


def pair(inputs, targets):
    array = np.empty(2, dtype=object)
    array[:] = [np.asarray(inputs), np.asarray(targets)]
    return array


def examples(rows, answers=None):
    """A file's content: each row an image id and word ids."""
    inputs = np.array(rows, dtype=np.int64).reshape(len(rows), -1, 1)
    return pair(inputs, np.array([[answer] for answer in answers or [0] * len(rows)]))


@pytest.fixture
def folder(tmp_path):
    """A data set of two images, with the words `where`, `cat`, `UNK` and the answers `sofa`, `UNK`."""
    folder = tmp_path / "data"
    write_pickle(folder / "qdict.pkl", {"where": 1, "cat": 2, "UNK": 3})
    write_pickle(folder / "ansdict.pkl", {"sofa": 0, "UNK": 1})
    write_pickle(folder / "imgid_dict.pkl", ["17", "42"])
    write_array(folder / "train.npy", examples([[1, 1, 2, 3], [2, 2, 0, 0], [1, 0, 0, 0]], [0, 1, 0]))
    write_array(folder / "valid.npy", examples([[2, 3, 0, 0]]))
    write_array(folder / "test.npy", examples([[1, 2, 1, 0], [2, 1, 2, 0]], [1, 0]))
    return folder


def test_the_tiny_data_set_has_its_documented_sizes(mini):
    dataset = load_dataset(mini / "data")
    assert (len(dataset.train), len(dataset.valid), len(dataset.test)) == (330, 70, 90)
    assert (dataset.vocabulary_size, dataset.answer_count) == (31, 10)
    assert (dataset.words_per_question, dataset.image_count) == (12, 40)
    assert (dataset.train.questions[0] == 0).all()
    assert (dataset.train.questions[1] != 0).all()
    inputs, targets = read_array(mini / "data" / "test.npy")
    np.testing.assert_array_equal(dataset.test.image_ids, inputs[:, 0, 0])
    np.testing.assert_array_equal(dataset.test.questions, inputs[:, 1:, 0])
    np.testing.assert_array_equal(dataset.test.answers, targets[:, 0])
    np.testing.assert_array_equal(dataset.question_types, np.arange(90) % 4)
    assert dataset.image_names[0] == "1000"


def test_a_data_set_is_read_with_its_shapes_and_dtypes(folder):
    dataset = load_dataset(folder)
    for array in (
        dataset.train.image_ids,
        dataset.train.questions,
        dataset.train.answers,
        dataset.question_types,
    ):
        assert array.dtype == np.int32
    assert dataset.train.image_ids.tolist() == [1, 2, 1]
    assert dataset.train.questions.tolist() == [[1, 2, 3], [2, 0, 0], [0, 0, 0]]
    assert dataset.train.answers.tolist() == [0, 1, 0]
    assert dataset.image_names == ("17", "42")
    assert [name for name, _ in dataset.splits()] == ["train", "valid", "test"]


def test_without_a_list_of_types_they_come_from_the_words(folder):
    dataset = load_dataset(folder)
    assert dataset.question_types.tolist() == [0, 3]
    assert dataset.types_of("train").tolist() == [3, 0, 0]
    assert dataset.given_types == {}


@pytest.mark.parametrize(("name", "types"), [("train", [2, 1, 0]), ("valid", [1]), ("test", [2, 1])])
def test_a_list_of_types_is_read_for_each_part(name, types, folder):
    write_array(folder / f"{name}-qtype.npy", np.array(types))
    dataset = load_dataset(folder)
    assert dataset.types_of(name).tolist() == types
    assert dataset.types_of(name).dtype == np.int32
    assert list(dataset.given_types) == [name]
    assert dataset.question_types.tolist() == (types if name == "test" else [0, 3])


def test_questions_are_read_in_words(folder):
    dataset = load_dataset(folder)
    assert dataset.words_of("train") == [["where", "cat", "UNK"], ["cat"], []]
    assert dataset.words_of("test") == [["cat", "where"], ["where", "cat"]]
    assert dataset.train.lengths.tolist() == [3, 1, 0]


def test_a_part_that_is_not_there_is_refused_with_those_that_are(folder):
    (folder / "valid.npy").unlink()
    with pytest.raises(InputError, match="no part 'valid'; it has train, test"):
        load_dataset(folder).split("valid")


def test_validation_and_test_parts_may_be_missing_or_empty(folder):
    write_array(folder / "valid.npy", pair(np.zeros((0, 4, 1), int), np.zeros((0, 1), int)))
    (folder / "test.npy").unlink()
    dataset = load_dataset(folder)
    assert dataset.valid is dataset.test is dataset.question_types is None
    assert len(dataset.fingerprint()) == 64


BAD = {
    "no word after padding": (
        "train.npy",
        examples([[1, 1, 0, 2]]),
        "question 0 has a word after its padding",
    ),
    "image 0": ("train.npy", examples([[1, 1, 0, 0], [0, 1, 0, 0]]), "example 1 has the image id 0"),
    "image 3": ("test.npy", examples([[3, 1, 0, 0]]), "the image id 3, outside of 1 to 2"),
    "word 4": ("valid.npy", examples([[1, 1, 4, 0]]), "the word id 4, outside of 0 to 3"),
    "word -1": ("valid.npy", examples([[1, 1, -1, 0]]), "the word id -1"),
    "a word id of 64 bits": ("train.npy", examples([[1, 2**32 + 1, 0, 0]]), "the word id 4294967297"),
    "answer 2": ("train.npy", examples([[1, 1, 0, 0]], [2]), "the answer id 2, outside of 0 to 1"),
    "no examples": (
        "train.npy",
        pair(np.zeros((0, 4, 1), int), np.zeros((0, 1), int)),
        "there are no training examples",
    ),
    "one target too many": ("train.npy", pair(np.ones((1, 4, 1), int), np.zeros((2, 1), int)), "shape"),
    "two dimensions": ("train.npy", pair(np.ones((1, 4), int), np.zeros((1, 1), int)), "shape"),
    "no words": ("train.npy", pair(np.ones((1, 1, 1), int), np.zeros((1, 1), int)), "shape"),
    "floats": ("train.npy", pair(np.ones((1, 4, 1)), np.zeros((1, 1), int)), "integers"),
    "one array": ("train.npy", np.zeros((2, 4, 1), int), "two arrays"),
    "longer questions": ("test.npy", examples([[1, 1, 0, 0, 0]]), "4 words long and those of"),
    "words that are a list": ("qdict.pkl", ["where"], "dictionary"),
    "answers from 1": ("ansdict.pkl", {"sofa": 1, "UNK": 2}, "expected ids from 0 to 1"),
    "images that are a dictionary": ("imgid_dict.pkl", {"17": 0}, "list of image names"),
    "an image that is a list": ("imgid_dict.pkl", ["17", ["42"]], "entry 1"),
    "types of other questions": ("test-qtype.npy", np.zeros(3, int), "each of the 2 questions"),
    "type 4": ("test-qtype.npy", np.array([0, 4]), "the question type 4, outside of 0 to 3"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_data_set_that_does_not_fit_together_is_refused_with_the_file_and_a_remedy(what, folder):
    name, content, message = BAD[what]
    (write_pickle if name.endswith(".pkl") else write_array)(folder / name, content)
    with pytest.raises(InputError) as caught:
        load_dataset(folder)
    assert message in str(caught.value)
    assert str(folder / name) in str(caught.value)
    assert "cocoqa-data encode" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["train.npy", "qdict.pkl", "ansdict.pkl", "imgid_dict.pkl"])
def test_a_missing_file_is_named(name, folder):
    (folder / name).unlink()
    with pytest.raises(InputError, match=r"is missing.*cocoqa-data encode") as caught:
        load_dataset(folder)
    assert str(folder / name) in str(caught.value)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no folder .*nowhere; check the path"):
        load_dataset(tmp_path / "nowhere")


def test_the_fingerprint_tells_the_content_and_not_the_place(folder, tmp_path):
    fingerprint = load_dataset(folder).fingerprint()
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert load_dataset(copy).fingerprint() == fingerprint
    for name, content in {
        "train.npy": examples([[1, 1, 2, 3], [2, 2, 0, 0], [1, 1, 0, 0]], [0, 1, 0]),
        "valid.npy": examples([[1, 3, 0, 0]]),
        "test.npy": examples([[1, 2, 1, 0], [2, 1, 2, 0]], [1, 1]),
        "test-qtype.npy": np.array([1, 1]),
        "qdict.pkl": {"where": 1, "dog": 2, "UNK": 3},
        "ansdict.pkl": {"bed": 0, "UNK": 1},
        "imgid_dict.pkl": ["17", "43"],
    }.items():
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        (write_pickle if name.endswith(".pkl") else write_array)(copy / name, content)
        assert load_dataset(copy).fingerprint() != fingerprint
        (copy / name).unlink()


SPLITS = st.integers(0, 8).map(
    lambda count: Split(np.arange(count), np.arange(3 * count).reshape(count, 3), np.arange(count) * 10)
)


@given(SPLITS, SPLITS)
def test_joined_parts_are_taken_apart_again(first, second):
    joined = first.followed_by(second)
    assert len(joined) == len(first) + len(second)
    for rows, part in ((slice(len(first)), first), (np.arange(len(first), len(joined)), second)):
        taken = joined.take(rows)
        np.testing.assert_array_equal(taken.image_ids, part.image_ids)
        np.testing.assert_array_equal(taken.questions, part.questions)
        np.testing.assert_array_equal(taken.answers, part.answers)
