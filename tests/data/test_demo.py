"""The demo data set that is built on the spot."""

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cocoqa_keras.data import demo
from cocoqa_keras.data.cocoqa_text import read_cocoqa_text
from cocoqa_keras.data.convolution_bank import extract
from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.data.demo import build_demo, demo_folder
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.question_types import QuestionType, question_type
from cocoqa_keras.errors import InputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "demo"
    build_demo(folder)
    return folder


@pytest.fixture(scope="module")
def dataset(folder):
    return load_dataset(folder / "cocoqa")


@pytest.fixture(scope="module")
def features(folder, dataset):
    with SparseFeatures(folder / "hidden_oxford_mscoco.h5") as file:
        rows = file.read(np.arange(dataset.image_count))
        return rows, file.mean, file.std


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A demo of few pictures, in a cache of its own."""
    monkeypatch.setattr(demo, "TRAIN_PICTURES", 12)
    monkeypatch.setattr(demo, "TEST_PICTURES", 4)
    monkeypatch.setenv("COCOQA_KERAS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "demo-3"


def digests(folder):
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def bags_of_words(dataset, split):
    bags = np.zeros((len(split), dataset.vocabulary_size + 1))
    np.add.at(bags, (np.arange(len(split))[:, np.newaxis], split.questions), 1)
    return bags[:, 1:]


def ridge_predictions(train_inputs, train_answers, test_inputs, penalty):
    """Answers of a linear classifier: ridge regression, in its dual form, on one-hot answers."""
    one_hot = np.eye(train_answers.max() + 1)[train_answers]
    kernel = train_inputs @ train_inputs.T + penalty * np.eye(len(train_inputs))
    return (test_inputs @ (train_inputs.T @ np.linalg.solve(kernel, one_hot))).argmax(axis=1)


def test_the_data_set_is_large_enough_to_train_and_small_enough_to_wait(dataset):
    assert (len(dataset.train), len(dataset.valid), len(dataset.test)) == (2160, 240, 600)
    assert dataset.image_count == 1000
    assert dataset.answer_count == 16 + 4 + 6 + 6 + 1
    assert dataset.words_per_question == 55


def test_the_folder_has_the_real_layout(folder):
    assert {path.name for path in folder.iterdir()} == {"cocoqa", "hidden_oxford_mscoco.h5", "images", "text"}
    assert {path.name for path in (folder / "cocoqa").iterdir()} == {
        *("train.npy", "valid.npy", "test.npy", "test-qtype.npy", "vocab-dict.npy"),
        *("qdict.pkl", "ansdict.pkl", "imgid_dict.pkl"),
    }


def test_no_picture_of_the_test_is_seen_in_training(dataset):
    seen = {*dataset.train.image_ids, *dataset.valid.image_ids}
    assert not seen & {*dataset.test.image_ids}
    assert len(seen) == 800
    assert len({*dataset.test.image_ids}) == 200


def test_types_agree_with_the_words_of_the_questions(folder):
    for part in ("train", "test"):
        examples = read_cocoqa_text(folder / "text" / part)
        assert [question_type(words) for words in examples.questions] == list(examples.types)
        assert min(Counter(examples.types).values()) > 0.2 * len(examples)


def test_questions_are_in_the_style_of_cocoqa(folder):
    for line in (folder / "text" / "train" / "questions.txt").read_text().splitlines():
        assert line == line.lower()
        assert line.replace(" ", "").isalpha()
        assert 3 < len(line.split()) < 13


def test_pictures_can_be_looked_at_and_give_the_features_in_the_file(folder, dataset, features):
    names = [f"{int(name):012}.png" for name in dataset.image_names]
    assert sorted(path.name for path in (folder / "images").iterdir()) == sorted(names)
    for row in (0, 500, 999):
        with Image.open(folder / "images" / names[row]) as picture:
            pixels = np.asarray(picture)
        np.testing.assert_array_equal(extract(pixels[np.newaxis])[0], features[0][row])


def test_features_are_as_the_models_need_them(features):
    rows, mean, std = features
    assert rows.shape == (1000, 4096)
    assert np.isfinite(rows).all()
    assert (rows >= 0).all()
    assert 0.2 < (rows > 0).mean() < 0.3
    assert std.min() > 0.05 * std.mean()
    np.testing.assert_allclose(mean, rows.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(std, rows.std(axis=0), rtol=1e-4)


def test_the_question_alone_is_worth_little(dataset):
    """Neither the most frequent answer of a type nor a linear classifier of the words comes far."""
    train_types = [question_type(dataset.question_words.decode(words)) for words in dataset.train.questions]
    for kind in set(train_types):
        of_train = dataset.train.answers[np.array(train_types) == kind]
        of_test = dataset.test.answers[dataset.question_types == kind]
        assert np.mean(of_test == np.bincount(of_train).argmax()) < 0.35
    guesses = ridge_predictions(
        bags_of_words(dataset, dataset.train),
        dataset.train.answers,
        bags_of_words(dataset, dataset.test),
        penalty=1,
    )
    assert np.mean(guesses == dataset.test.answers) < 0.25


def test_the_picture_decides(dataset, features):
    """A linear classifier of words and normalised features answers most questions on new pictures."""
    rows, mean, std = features

    def inputs(split):
        images = (rows[split.image_ids - 1] - mean) / std
        return np.concatenate([5 * bags_of_words(dataset, split), images / np.sqrt(4096)], axis=1)

    train = dataset.train.followed_by(dataset.valid)
    guesses = ridge_predictions(inputs(train), train.answers, inputs(dataset.test), penalty=0.1)
    assert np.mean(guesses == dataset.test.answers) > 0.6


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        (QuestionType.OBJECT, 0.6),
        (QuestionType.NUMBER, 0.5),
        (QuestionType.COLOR, 0.85),
        (QuestionType.LOCATION, 0.95),
    ],
)
def test_each_type_is_answered_from_the_picture(dataset, features, kind, least):
    rows, mean, std = features
    types = np.array([question_type(dataset.question_words.decode(q)) for q in dataset.train.questions])
    train, test = dataset.train.take(types == kind), dataset.test.take(dataset.question_types == kind)
    images = (rows - mean) / std / np.sqrt(4096)
    guesses = ridge_predictions(
        images[train.image_ids - 1], train.answers, images[test.image_ids - 1], penalty=0.1
    )
    assert np.mean(guesses == test.answers) > least


def test_the_same_bytes_are_built_each_time(small, tmp_path):
    build_demo(tmp_path / "one")
    build_demo(tmp_path / "two")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert len(digests(tmp_path / "one")) == 16 + 8 + 8 + 1


def test_the_demo_is_built_once(small):
    assert demo_folder() == small
    before = {path: path.stat().st_mtime_ns for path in small.rglob("*")}
    assert demo_folder() == small
    assert {path: path.stat().st_mtime_ns for path in small.rglob("*")} == before


def test_the_cache_lies_with_the_user_unless_the_variable_moves_it(small, monkeypatch, tmp_path):
    monkeypatch.setenv("COCOQA_KERAS_CACHE", "")
    monkeypatch.setattr(demo.platformdirs, "user_cache_path", lambda name: tmp_path / "user" / name)
    assert demo_folder() == tmp_path / "user" / "cocoqa_keras" / "demo-3"


def test_builds_at_the_same_time_do_no_harm(small):
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: demo_folder(), range(4))) == {small}
    assert len(load_dataset(small / "cocoqa").test) == 12
    assert list(small.parent.iterdir()) == [small]


def test_an_interrupted_build_leaves_nothing(small, monkeypatch):
    def interrupt(images):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(demo, "extract", interrupt)
        demo_folder()
    assert list(small.parent.iterdir()) == []
    assert load_dataset(demo_folder() / "cocoqa").image_count == 16


def test_an_empty_folder_is_used(small, tmp_path):
    (tmp_path / "empty").mkdir()
    build_demo(tmp_path / "empty")
    assert load_dataset(tmp_path / "empty" / "cocoqa").image_count == 16


def test_a_folder_in_use_is_left_alone(small, tmp_path):
    (tmp_path / "hidden_oxford_mscoco.h5").write_text("the real features")
    with pytest.raises(InputError, match="is not an empty folder; choose another folder"):
        build_demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["hidden_oxford_mscoco.h5"]


def test_a_cache_that_cannot_be_written_is_named(small):
    Path(small.parent).write_text("a file where the cache should be")
    with pytest.raises(InputError, match=r"cannot write .*demo-3: .*COCOQA_KERAS_CACHE"):
        demo_folder()
