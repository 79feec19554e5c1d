"""cocoqa-data: encode, demo and info."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cocoqa_keras import load_dataset
from cocoqa_keras.cli.data import main
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.formats import write_pickle

QUESTIONS = [f"how many {noun} are there" for noun in ("cats", "dogs", "birds", "cows", "bears")] * 2
TEST_QUESTIONS = ["how many cats are there", "what is the color of the zebra"]


@pytest.fixture
def text(tmp_path, monkeypatch):
    """A text release of ten training and two test questions, in the working folder."""
    monkeypatch.chdir(tmp_path)
    write_part("train", QUESTIONS, ["one", "two"] * 5, range(11, 21), [1] * 10)
    write_part("test", TEST_QUESTIONS, ["one", "striped"], [5, 11], [1, 2])
    return tmp_path


def write_part(part, *columns):
    folder = Path("text") / part
    folder.mkdir(parents=True)
    for name, values in zip(("questions", "answers", "img_ids", "types"), columns, strict=True):
        (folder / f"{name}.txt").write_text("".join(f"{value}\n" for value in values))


def sizes(printed):
    """The lines `  name  value` that a command printed."""
    lines = [line.rsplit(maxsplit=1) for line in printed.splitlines() if line.startswith("  ")]
    return {name.strip(): value for name, value in lines}


def refuse(arguments, message, capsys):
    """The command must give one line, and leave the working folder as it was."""
    before = snapshot()
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error
    assert snapshot() == before


def snapshot():
    return {path: path.read_bytes() if path.is_file() else None for path in Path().rglob("*")}


# encode


def test_encode_makes_a_data_set_and_tells_its_sizes(text, capsys):
    assert main(["encode", "text", "encoded"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("encoded:\n")
    assert sizes(printed) == {
        "train": "9",
        "valid": "1",
        "test": "2",
        "question words": "10",  # how many cats dogs birds cows bears are there, and UNK
        "answers": "3",
        "images": "11",
        "words per question": "55",
    }
    dataset = load_dataset("encoded")
    decoded = [" ".join(dataset.question_words.decode(row)) for row in dataset.test.questions.tolist()]
    assert decoded == ["how many cats are there", "UNK UNK UNK UNK UNK UNK UNK"]
    assert dataset.answers.decode(dataset.test.answers.tolist()) == ["one", "UNK"]
    assert [dataset.image_names[image - 1] for image in dataset.test.image_ids] == ["5", "11"]


def test_encode_goes_where_training_looks_by_default(text, capsys):
    assert main(["encode", "text"]) == 0
    assert len(load_dataset("data/cocoqa").train) == 9


def test_encode_twice_gives_the_same_files(text, capsys):
    for output in ("once", "again", "again"):
        assert main(["encode", "text", output]) == 0
    once, again = (
        {path.name: path.read_bytes() for path in Path(name).iterdir()} for name in ("once", "again")
    )
    assert once == again


def test_encode_numbers_images_as_the_features_do(text, capsys):
    rows = [str(number) for number in (*range(20, 10, -1), 5, 99)]
    write_pickle("imgid_dict.pkl", rows)
    assert main(["encode", "text", "encoded", "--image-index", "imgid_dict.pkl"]) == 0
    dataset = load_dataset("encoded")
    assert list(dataset.image_names) == rows
    assert dataset.train.image_ids.tolist() == [10, 9, 8, 7, 6, 5, 4, 3, 2]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("text/train/answers.txt", b"one\n", "answers.txt has 1 lines and questions.txt 10"),
        ("text/test/questions.txt", b"what\n?\n", "text/test/questions.txt, line 2: has no words"),
        ("text/test/answers.txt", b"one\n\n", "text/test/answers.txt, line 2: is empty"),
        ("text/test/types.txt", b"1\n4\n", "text/test/types.txt, line 2: is not a type"),
        ("text/test/img_ids.txt", b"5\nx\n", "text/test/img_ids.txt, line 2: is not the number of an image"),
        ("text/test/questions.txt", b"what\n\xff\n", "text/test/questions.txt, line 2: not UTF-8"),
        ("encoded", b"", "encoded exists and is not an encoded data set"),
    ],
    ids=["too few lines", "no words", "no answer", "unknown type", "no number", "encoding", "output a file"],
)
def test_encode_refuses_a_bad_text(name, content, message, text, capsys):
    Path(name).write_bytes(content)
    refuse(["encode", "text", "encoded"], message, capsys)


def test_encode_refuses_a_missing_text(text, capsys):
    refuse(["encode", "nowhere", "encoded"], "cannot read nowhere/train/questions.txt", capsys)


def test_encode_refuses_a_folder_that_holds_something_else(text, capsys):
    refuse(["encode", "text", "text"], "text exists and is not an encoded data set", capsys)


def test_encode_refuses_an_index_without_the_images(text, capsys):
    write_pickle("imgid_dict.pkl", ["11", "12"])
    arguments = ["encode", "text", "encoded", "--image-index", "imgid_dict.pkl"]
    refuse(arguments, "text/train/img_ids.txt, line 3: the image 13 is not in the given index", capsys)


# demo


def test_demo_is_made_in_the_cache_once(cache, capsys):
    assert main(["demo"]) == 0
    first = capsys.readouterr().out
    (folder,) = cache.iterdir()
    assert first.startswith(f"{folder}: ")
    made = (folder / "hidden_oxford_mscoco.h5").stat()
    assert main(["demo"]) == 0
    assert capsys.readouterr().out == first
    again = (folder / "hidden_oxford_mscoco.h5").stat()
    assert (again.st_ino, again.st_mtime_ns) == (made.st_ino, made.st_mtime_ns)


def test_demo_holds_pictures_features_and_questions_that_fit(cache, capsys):
    assert main(["demo"]) == 0
    (folder,) = cache.iterdir()
    dataset = load_dataset(folder / "cocoqa")
    pictures = sorted((folder / "images").glob("*.png"))
    assert len(pictures) == dataset.image_count
    with Image.open(pictures[0]) as picture:
        assert picture.mode == "RGB"
    with SparseFeatures(folder / "hidden_oxford_mscoco.h5") as features:
        assert features.shape == (dataset.image_count, 4096)


@pytest.mark.slow
def test_demo_is_put_where_it_is_asked_for(cache, tmp_path, capsys):
    assert main(["demo"]) == 0
    assert main(["demo", "--output", str(tmp_path / "copy")]) == 0
    (original,) = cache.iterdir()
    for part in ("hidden_oxford_mscoco.h5", "cocoqa/train.npy", "images/000000000001.png"):
        assert (tmp_path / "copy" / part).read_bytes() == (original / part).read_bytes()


def test_demo_refuses_a_folder_in_use(tiny, capsys):
    refuse(["demo", "--output", "cocoqa"], "cocoqa exists and is not an empty folder", capsys)


def test_demo_refuses_a_place_where_no_folder_can_be(tiny, capsys):
    arguments = ["demo", "--output", "hidden_oxford_mscoco.h5/demo"]
    refuse(arguments, "choose another folder or free some space", capsys)


def test_demo_names_the_variable_where_the_cache_cannot_be_written(tiny, monkeypatch, capsys):
    monkeypatch.setenv("COCOQA_KERAS_CACHE", "hidden_oxford_mscoco.h5")
    refuse(["demo"], "COCOQA_KERAS_CACHE", capsys)


# info


def test_info_tells_the_sizes(tiny, capsys):
    assert main(["info", "cocoqa"]) == 0
    assert sizes(capsys.readouterr().out) == {
        "train examples": "40",
        "valid examples": "10",
        "test examples": "12",
        "question words": "11",
        "answers": "7",
        "images": "6",
        "words per question": "55",
        "sha256": load_dataset("cocoqa").fingerprint(),
    }


def test_info_leaves_out_the_parts_that_are_missing(tiny, capsys):
    Path("cocoqa/valid.npy").unlink()
    assert main(["info", "cocoqa"]) == 0
    assert "valid examples" not in sizes(capsys.readouterr().out)


def test_info_refuses_a_damaged_data_set(tiny, capsys):
    np.save("cocoqa/train.npy", np.zeros(3))
    refuse(["info", "cocoqa"], "cocoqa/train.npy: expected two arrays of integers", capsys)


def test_info_refuses_a_folder_without_data(tiny, capsys):
    refuse(["info"], "data/cocoqa/train.npy is missing", capsys)
