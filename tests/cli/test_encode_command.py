"""cocoqa-data encode."""

import json
from pathlib import Path

import pytest
from refusal import refused

from cocoqa_keras import load_dataset
from cocoqa_keras.cli.data import main
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


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Twenty questions of one's own about ten pictures, in the working folder."""
    monkeypatch.chdir(tmp_path)
    lines = [
        json.dumps({"question": QUESTIONS[n % 10], "answer": "two", "image": f"{n % 10}.jpg"})
        for n in range(20)
    ]
    Path("own.jsonl").write_text("\n".join(lines))
    return tmp_path


@pytest.fixture
def daquar(tmp_path, monkeypatch):
    """Three questions of which one has two answers, in the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("daquar").mkdir()
    for part in ("train", "test"):
        pairs = [("lamp", 3), ("book, pen", 3), ("bed", 5)]
        text = "".join(f"what is there in the image{image} ?\n{answers}\n" for answers, image in pairs)
        (Path("daquar") / f"qa.894.raw.{part}.txt").write_text(text)
    return tmp_path


def write_part(part, *columns):
    folder = Path("text") / part
    folder.mkdir(parents=True)
    for name, values in zip(("questions", "answers", "img_ids", "types"), columns, strict=True):
        (folder / f"{name}.txt").write_text("".join(f"{value}\n" for value in values))


def sizes(printed):
    """The lines `  name  value` that a command printed."""
    told, _, _ = printed.partition("Next: ")
    lines = [line.rsplit(maxsplit=1) for line in told.splitlines() if line.startswith("  ")]
    return {name.strip(): value for name, value in lines}


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
        "questions left out": "0",
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
        assert main(["encode", "text", output, "--replace"]) == 0
    once, again = (
        {path.name: path.read_bytes() for path in Path(name).iterdir()} for name in ("once", "again")
    )
    assert once == again


def test_encode_replaces_a_data_set_only_where_it_is_told_to(text, own, capsys):
    assert main(["encode", "text"]) == 0
    message = "data/cocoqa holds a data set already, with questions in train 9, valid 1, test 2; "
    assert message in refused(main, ["encode", "own.jsonl"], capsys)
    Path("data/cocoqa/valid.npy").write_bytes(b"damaged")
    message = "train 9, valid (damaged), test 2; choose another folder, or give --replace"
    assert message in refused(main, ["encode", "own.jsonl", "data/cocoqa"], capsys)
    assert main(["encode", "own.jsonl", "--replace"]) == 0
    assert len(load_dataset("data/cocoqa").train) == 16


def test_encode_replaces_no_data_set_of_a_type_unasked(text, own, capsys):
    assert main(["encode", "text", "new-number"]) == 0
    message = "new-number holds a data set already"
    assert message in refused(main, ["encode", "own.jsonl", "new", "--per-type"], capsys)
    assert main(["encode", "own.jsonl", "new"]) == 0


def test_encode_numbers_images_as_the_features_do(text, capsys):
    rows = [str(number) for number in (*range(20, 10, -1), 5, 99)]
    write_pickle("features/imgid_dict.pkl", rows)
    assert main(["encode", "text", "encoded", "--image-index", "features/imgid_dict.pkl"]) == 0
    assert "Images are numbered" not in capsys.readouterr().out
    dataset = load_dataset("encoded")
    assert list(dataset.image_names) == rows
    assert dataset.train.image_ids.tolist() == [10, 9, 8, 7, 6, 5, 4, 3, 2]


def test_encode_finds_the_index_of_features_above_the_data_and_says_so(text, capsys):
    rows = [str(number) for number in (*range(20, 10, -1), 5)]
    write_pickle("data/imgid_dict.pkl", rows)
    assert main(["encode", "text", "data/text"]) == 0
    assert capsys.readouterr().out.startswith("Images are numbered as in data/imgid_dict.pkl\ndata/text:\n")
    assert list(load_dataset("data/text").image_names) == rows


def test_encode_prefers_the_index_that_is_given(text, capsys):
    write_pickle("data/imgid_dict.pkl", ["1"])
    rows = [str(number) for number in (*range(20, 10, -1), 5)]
    write_pickle("imgid_dict.pkl", rows)
    assert main(["encode", "text", "data/text", "--image-index", "imgid_dict.pkl"]) == 0
    assert list(load_dataset("data/text").image_names) == rows


def test_encode_writes_a_data_set_per_type(text, capsys):
    assert main(["encode", "text", "encoded", "--per-type"]) == 0
    assert "encoded-number: the questions of one type\n" in capsys.readouterr().out
    assert sorted(path.name for path in Path().glob("encoded*")) == ["encoded", "encoded-number"]
    assert len(load_dataset("encoded-number").test) == 1


def test_encode_takes_questions_of_ones_own(own, capsys):
    assert main(["encode", "own.jsonl", "encoded", "--held-out", "0.2", "--min-count", "3"]) == 0
    assert sizes(capsys.readouterr().out) == {
        "train": "12",
        "valid": "4",
        "test": "4",
        "question words": str(len(load_dataset("encoded").question_words)),
        "answers": "2",
        "images": "10",
        "words per question": "55",
        "questions left out": "0",
    }


@pytest.mark.parametrize(
    ("answers", "left_out"), [(None, "2"), ("single", "2"), ("first", "0"), ("join", "0")]
)
def test_encode_takes_daquar(answers, left_out, daquar, capsys):
    options = [] if answers is None else ["--answers", answers]
    assert main(["encode", "daquar", "encoded", *options]) == 0
    assert sizes(capsys.readouterr().out)["questions left out"] == left_out


def test_encode_keeps_the_most_frequent_answers(daquar, capsys):
    assert main(["encode", "daquar", "encoded", "--answers", "first", "--top-answers", "1"]) == 0
    assert load_dataset("encoded").answers.words == ("lamp", "UNK")
    assert sizes(capsys.readouterr().out)["questions left out"] == "2"


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
    assert message in refused(main, ["encode", "text", "encoded"], capsys)


def test_encode_refuses_a_missing_text(text, capsys):
    assert "nowhere does not exist" in refused(main, ["encode", "nowhere", "encoded"], capsys)


def test_encode_refuses_a_folder_that_holds_something_else(text, capsys):
    assert "text exists and is not an encoded data set" in refused(main, ["encode", "text", "text"], capsys)


def test_encode_refuses_an_index_without_the_images(text, capsys):
    write_pickle("imgid_dict.pkl", ["11", "12"])
    arguments = ["encode", "text", "encoded", "--image-index", "imgid_dict.pkl"]
    assert "the image index lacks 9 of the images that are asked about, the first of them 5" in refused(
        main, arguments, capsys
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--answers", "first"], "--answers does not apply to text, which is COCO-QA; leave it away"),
        (["--held-out", "0.1"], "--held-out does not apply to text, which is COCO-QA; leave it away"),
        (["--held-out", "0.5"], "'--held-out'"),
        (["--min-count", "0"], "'--min-count'"),
        (["--top-answers", "0"], "'--top-answers'"),
        (["--answers", "last"], "'--answers'"),
    ],
)
def test_encode_refuses_options_that_do_not_apply(options, message, text, capsys):
    assert message in refused(main, ["encode", "text", "encoded", *options], capsys)
