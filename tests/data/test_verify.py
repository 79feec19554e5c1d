"""Verifying a data set: each kind of damage is told by the check that is there for it."""

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_file import FEATURES_FILE
from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.data.formats import write_array, write_pickle
from cocoqa_keras.data.verification.findings import Outcome
from cocoqa_keras.data.verification.image_features import FeaturesUnderTest
from cocoqa_keras.data.verification.verify import verify
from cocoqa_keras.errors import InputError

WORDS = {"where": 1, "is": 2, "what": 3, "UNK": 4}
ANSWERS = {"sofa": 0, "cat": 1, "UNK": 2}
IMAGES = ["17", "42", "99"]
TRAIN = [[1, 1, 2, 0], [1, 3, 2, 0], [2, 3, 0, 0]]
TEST = [[3, 3, 2, 0], [3, 1, 2, 3]]
FEATURES = np.array([[0, 1, 2, 0], [3, 0, 0, 4], [0, 0, 5, 6]], np.float32)


def objects(*values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def examples(rows, answers):
    return objects(np.array(rows).reshape(len(rows), -1, 1), np.array(answers).reshape(-1, 1))


@pytest.fixture
def folder(tmp_path):
    """A data set without a fault, its features above it."""
    folder = tmp_path / "cocoqa"
    contents = {
        "qdict.pkl": WORDS,
        "ansdict.pkl": ANSWERS,
        "imgid_dict.pkl": IMAGES,
        "train.npy": examples(TRAIN, [0, 1, 1]),
        "valid.npy": examples([[2, 1, 2, 3]], [0]),
        "test.npy": examples(TEST, [1, 0]),
        "test-qtype.npy": np.array([0, 3]),
        "vocab-dict.npy": objects(WORDS, list(WORDS), ANSWERS, list(ANSWERS)),
    }
    for name, content in contents.items():
        write(folder / name, content)
    write_features(tmp_path / FEATURES_FILE, FEATURES, images=IMAGES)
    return folder


def write(path, content):
    (write_pickle if path.suffix == ".pkl" else write_array)(path, content)


def troubles(folder):
    """The checks that do not end well, with outcome and detail."""
    findings = [finding for finding in verify(folder) if finding.outcome is not Outcome.OK]
    return {finding.check: (str(finding.outcome), finding.detail) for finding in findings}


def test_a_data_set_without_a_fault_passes_every_check(folder):
    findings = list(verify(folder))
    assert {finding.outcome for finding in findings} == {Outcome.OK}
    assert len({finding.check for finding in findings}) == len(findings) == 23


DAMAGES = {
    "a word without an id": (
        "qdict.pkl",
        {"where": 1, "UNK": 3},
        "question words",
        "FAILED",
        "'UNK' has the id 3",
    ),
    "UNK first": ("qdict.pkl", {"UNK": 1, "where": 2}, "question words", "FAILED", "ends with UNK"),
    "two answers of one id": (
        "ansdict.pkl",
        {"sofa": 0, "cat": 0, "UNK": 2},
        "answers",
        "FAILED",
        "same id, 0",
    ),
    "an image twice": (
        "imgid_dict.pkl",
        ["17", "42", "17"],
        "images",
        "FAILED",
        "rows 0 and 2 are of one image, 17",
    ),
    "questions that are floats": (
        "train.npy",
        np.zeros(3),
        "training examples",
        "FAILED",
        "two arrays of integers",
    ),
    "no training examples": (
        *("train.npy", objects(np.zeros((0, 4, 1), int), np.zeros((0, 1), int))),
        *("training examples", "FAILED", "no training examples"),
    ),
    "a bad shape of valid": (
        "valid.npy",
        objects(TRAIN, [[1]]),
        "validation examples",
        "FAILED",
        "two arrays",
    ),
    "a bad shape of test": (
        *("test.npy", objects(np.ones((2, 4, 1), int), np.ones((1, 1), int))),
        *("test examples", "FAILED", "of shape"),
    ),
    "a word after padding": (
        *("valid.npy", examples([[2, 1, 0, 3]], [0])),
        *("padding", "FAILED", "question 0 has a word after its padding"),
    ),
    "a longer part": (
        "test.npy",
        examples([[3, 1, 2, 3, 0]] * 2, [1, 0]),
        "padding",
        "FAILED",
        "4 words long",
    ),
    "an unknown image": (
        "test.npy",
        examples([[3, 3, 2, 0], [4, 1, 2, 3]], [1, 0]),
        "ids",
        "FAILED",
        "example 1",
    ),
    "an unknown word": ("train.npy", examples([[1, 5, 0, 0]], [0]), "ids", "FAILED", "the word id 5"),
    "an unknown answer": (
        "train.npy",
        examples(TRAIN, [0, 3, 1]),
        "ids",
        "FAILED",
        "example 1 has the answer id 3",
    ),
    "types of other questions": (
        "test-qtype.npy",
        np.zeros(3, int),
        "question types",
        "FAILED",
        "2 questions",
    ),
    "an unknown type": (
        "test-qtype.npy",
        np.array([0, 4]),
        "question types",
        "FAILED",
        "the question type 4",
    ),
    "word lists that are one": ("vocab-dict.npy", np.zeros(3), "word lists", "FAILED", "two dictionaries"),
    "a word list in another order": (
        *("vocab-dict.npy", objects(WORDS, ["is", "where", "what", "UNK"], ANSWERS, list(ANSWERS))),
        *("word lists", "FAILED", "has 'is' where qdict.pkl has 'where'"),
    ),
    "a dictionary of other answers": (
        *("vocab-dict.npy", objects(WORDS, list(WORDS), {"sofa": 0, "dog": 1, "UNK": 2}, list(ANSWERS))),
        *("word lists", "FAILED", "has 'dog' where ansdict.pkl has 'cat'"),
    ),
    "a word list of arrays": (
        *("vocab-dict.npy", objects(WORDS, [np.zeros(2)] * 4, ANSWERS, list(ANSWERS))),
        *("word lists", "FAILED", "not those of qdict.pkl"),
    ),
    "a word that is never asked": (
        *("train.npy", examples([[1, 1, 2, 0]] * 2, [0, 1])),
        *(
            "words in use",
            "warning",
            "1 of qdict.pkl never occur in the training part, the first is the word 'what'",
        ),
    ),
    "an answer that is never given": (
        *("train.npy", examples(TRAIN, [0, 0, 0])),
        *("answers in use", "warning", "the first is the answer 'cat'"),
    ),
    "unknown words": (
        "test.npy",
        examples([[3, 4, 4, 0]] * 2, [0, 1]),
        "UNK",
        "warning",
        "100% of the words",
    ),
    "unknown answers": (
        "valid.npy",
        examples([[2, 1, 2, 3]], [2]),
        "UNK",
        "warning",
        "answers of the valid part",
    ),
    "an empty question": (
        *("valid.npy", examples([[2, 1, 2, 3], [1, 0, 0, 0]], [0, 0])),
        *("questions", "warning", "valid.npy has 1 without a word, the first is question 1"),
    ),
    "types that disagree": (
        "test-qtype.npy",
        np.array([0, 1]),
        "rule for types",
        "warning",
        "for question 1",
    ),
    "an image in train and test": (
        *("test.npy", examples([[3, 3, 2, 0], [2, 1, 2, 3]], [1, 0])),
        *(
            "parts by image",
            "warning",
            "1 of 2 images of the test part are in the training part, the first is image 42",
        ),
    ),
    "a question in train and valid": (
        *("valid.npy", examples([[1, 1, 3, 0], [2, 3, 0, 0]], [0, 0])),
        *("parts by question", "warning", "1 of valid.npy are in train.npy as well"),
    ),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_damage_is_told_by_its_own_check(what, folder):
    name, content, check, outcome, message = DAMAGES[what]
    write(folder / name, content)
    if name.startswith("test") and "qtype" not in name:
        (folder / "test-qtype.npy").unlink()  # so that the types are not of other questions
    found = troubles(folder)
    assert found[check][0] == outcome
    assert message in found[check][1]
    assert ("contents" in found) == (outcome == "FAILED")
    assert set(found) <= {check, "contents", "features' images"}


def test_each_damaged_file_is_told_at_once(folder):
    write(folder / "qdict.pkl", ["where"])
    write(folder / "test.npy", np.zeros(3))
    assert set(troubles(folder)) == {"question words", "test examples", "contents"}


def test_a_missing_file_is_told_and_features_are_checked_all_the_same(folder):
    (folder / "qdict.pkl").unlink()
    found = troubles(folder)
    assert set(found) == {"files", "contents"}
    assert "qdict.pkl is missing" in found["files"][1]


def test_what_may_be_missing_is_not_missed(folder):
    for name in ("valid.npy", "test-qtype.npy", "vocab-dict.npy"):
        (folder / name).unlink()
    assert troubles(folder) == {}
    (folder / "test.npy").unlink()
    (folder.parent / FEATURES_FILE).unlink()
    found = troubles(folder)
    assert found["test examples"][0] == "warning"
    assert found["features"][0] == "skipped"
    assert set(found) == {"test examples", "features"}


def change_features(folder, part, change):
    with h5py.File(folder.parent / FEATURES_FILE, "r+") as file:
        values = file[f"hidden7_{part}"][:]
        change(values)
        file[f"hidden7_{part}"][:] = values


def put(place, value):
    return lambda values: values.__setitem__(place, value)


FEATURES_DAMAGES = {
    "NaN": ("data", put(2, np.nan), "features' values", "row 1 (image id 2) has a value that is not finite"),
    "a column too high": ("indices", put(5, 4), "features' values", "row 2 (image id 3)"),
    "a column twice": ("indices", put(5, 2), "features' values", "row 2 (image id 3) has its column 2 twice"),
    "columns out of order": ("indices", put([0, 1], [2, 1]), "features' values", "row 0 (image id 1)"),
    "another mean": (
        "mean",
        put(3, 3.4),
        "features' statistics",
        "the mean of column 3 is 3.33333, and the file",
    ),
    "another std": ("std", put(0, 1.0), "features' statistics", "the std of column 0"),
    "bad row pointers": ("indptr", put(1, 9), "features", "row pointers do not fit"),
}


@pytest.mark.parametrize("what", FEATURES_DAMAGES)
def test_damaged_features_are_told(what, folder):
    part, change, check, message = FEATURES_DAMAGES[what]
    change_features(folder, part, change)
    found = troubles(folder)
    assert list(found) == [check]
    assert found[check][0] == "FAILED"
    assert message in found[check][1]


@pytest.mark.parametrize(
    ("matrix", "images", "message"),
    [(FEATURES[:2], None, "2 rows, and the data have 3"), (FEATURES, ["42", "17", "99"], "of other images")],
)
def test_features_of_other_images_are_told(matrix, images, message, folder):
    write_features(folder.parent / FEATURES_FILE, matrix, images=images)
    found = troubles(folder)
    assert list(found) == ["features' images"]
    assert message in found["features' images"][1]


def test_features_are_checked_where_the_questions_cannot_be_read(folder):
    write(folder / "imgid_dict.pkl", {})
    change_features(folder, "data", put(0, np.inf))
    assert list(troubles(folder)) == ["images", "contents", "features' values"]


def test_an_image_without_features_is_told(folder):
    write_features(folder.parent / FEATURES_FILE, FEATURES * [[1], [0], [1]])
    found = troubles(folder)
    assert list(found) == ["features' rows"]
    assert found["features' rows"][0] == "warning"
    assert "row 1 (image id 2)" in found["features' rows"][1]


def test_features_without_statistics_are_told(folder):
    with h5py.File(folder.parent / FEATURES_FILE, "r+") as file:
        del file["hidden7_std"]
    assert troubles(folder)["features' statistics"][0] == "warning"


def test_the_order_of_columns_is_checked_within_rows_across_all_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("cocoqa_keras.data.features.BLOCK_ROWS", 2)
    monkeypatch.setattr("cocoqa_keras.data.verification.image_features.BLOCK_ROWS", 2)
    path = tmp_path / FEATURES_FILE
    matrix = np.zeros((5, 3), np.float32)
    matrix[4, 1:] = 1
    write_features(path, matrix)
    with h5py.File(path, "r+") as file:
        file["hidden7_indices"][:] = [2, 1]
    with SparseFeatures(path) as features, pytest.raises(InputError, match="row 4 "):
        FeaturesUnderTest(features, None).go_through()


@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=8))
def test_whatever_is_written_is_found_good(tmp_path_factory, stored):
    path = tmp_path_factory.mktemp("features") / FEATURES_FILE
    write_features(path, np.array(stored, np.float32))
    with SparseFeatures(path) as features:
        subject = FeaturesUnderTest(features, None)
        subject.go_through()
    assert subject.empty_rows == [row for row, values in enumerate(stored) if not any(values)]


def test_the_original_data_set_passes(mini):
    outcomes = {finding.check: finding.outcome for finding in verify(mini / "data")}
    assert Outcome.FAILED not in outcomes.values()
    assert outcomes["ids"] is outcomes["word lists"] is Outcome.OK
