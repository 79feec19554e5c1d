"""Reading questions of one's own."""

import csv
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.data.encode import choose_encoding, write_encoded
from cocoqa_keras.data.examples import Example
from cocoqa_keras.data.own_questions import read_own_questions
from cocoqa_keras.errors import InputError

ONE = {"question": "What is it?", "answer": "Cat", "image": "kitchen.jpg"}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(
    lambda text: text.lower().rstrip(" \t\n\r\x0b\x0c?").split()
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "question": TEXT,
            "answer": TEXT,
            "image": st.from_regex(r"[a-z1-9][a-z0-9]{0,4}", fullmatch=True),
            "split": st.sampled_from(["train", "valid", "test"]),
        }
    ),
    min_size=1,
    max_size=12,
)


def write_jsonl(folder, rows):
    path = folder / "own.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


def write_csv(folder, rows):
    path = folder / "own.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows_of(images, **fields):
    return [{**ONE, "image": image, **fields} for image in images]


@pytest.mark.parametrize("write", [write_jsonl, write_csv])
def test_the_fields_are_read_from_either_kind_of_file(write, tmp_path):
    rows = [
        {
            "question": "What is it?",
            "answer": "Fire  Truck",
            "image": "a/kitchen.jpg",
            "type": "",
            "split": "train",
        },
        {"question": "how many", "answer": 2, "image": 17, "type": "", "split": "train"},
        {
            "question": "which, if any",
            "answer": "red",
            "image": "COCO_val2014_000000000042.jpg",
            "type": 2,
            "split": "valid",
        },
        {"question": "in what place", "answer": "room", "image": "0", "type": "Location", "split": "test"},
    ]
    parts = read_own_questions(write(tmp_path, rows))
    assert list(parts.train) == [
        Example(["what", "is", "it"], "fire truck", "kitchen", 0),
        Example(["how", "many"], "2", "17", 1),
    ]
    assert list(parts.valid) == [Example(["which,", "if", "any"], "red", "42", 2)]
    assert list(parts.test) == [Example(["in", "what", "place"], "room", "0", 3)]


@settings(max_examples=60)
@given(rows=ROWS, write=st.sampled_from([write_jsonl, write_csv]))
def test_every_question_comes_back_from_the_encoded_files(rows, write, tmp_path_factory, decoded):
    folder = tmp_path_factory.mktemp("own")
    rows = [*rows, {**ONE, "image": "9", "split": "train"}]
    encoding = choose_encoding(
        read_own_questions(write(folder, rows), held_out=0 if not all_named(rows) else None)
    )
    write_encoded(folder / "encoded", encoding)
    _, parts = decoded(folder / "encoded")
    train = [row for row in rows if row["split"] == "train"]
    assert parts["train"] == [
        (
            row["question"].lower().rstrip(" \t\n\r\x0b\x0c?").split(),
            " ".join(row["answer"].lower().split()),
            "kitchen" if row["image"] == "kitchen.jpg" else row["image"],
        )
        for row in train
    ]
    for split in ("valid", "test"):
        assert len(parts.get(split, [])) == sum(row["split"] == split for row in rows)


def all_named(rows):
    return {row["split"] for row in rows} == {"train", "valid", "test"}


def test_a_tenth_each_is_held_out_by_default(tmp_path):
    path = write_jsonl(tmp_path, rows_of(f"{n % 50}.jpg" for n in range(100)))
    parts = read_own_questions(path)
    assert [len(part) for _, part in parts.items()] == [80, 10, 10]
    assert [len(part) for _, part in read_own_questions(path, 0.3).items()] == [40, 30, 30]
    assert [len(part) for _, part in read_own_questions(path, 0.0).items()] == [100, 0, 0]
    images = [set(part.images) for _, part in parts.items()]
    assert not (images[0] & images[1] or images[0] & images[2] or images[1] & images[2])


def test_a_part_that_no_question_names_is_held_out(tmp_path):
    rows = rows_of(range(20), split="train") + rows_of(range(5), split="test")
    parts = read_own_questions(write_csv(tmp_path, rows), 0.2)
    assert [len(part) for _, part in parts.items()] == [15, 5, 5]
    assert parts.test.images == ["0", "1", "2", "3", "4"]


def test_three_images_suffice(tmp_path):
    assert [len(part) for _, part in read_own_questions(write_csv(tmp_path, rows_of("abc"))).items()] == [
        1,
        1,
        1,
    ]


def refuse(path, message, held_out=None):
    with pytest.raises(InputError) as caught:
        read_own_questions(path, held_out)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_too_few_images_are_refused(tmp_path):
    refuse(write_csv(tmp_path, rows_of("aab")), "no question is left for training; add questions")
    refuse(write_jsonl(tmp_path, []), "no question is left for training")


def test_nothing_can_be_held_out_where_all_parts_are_named(tmp_path):
    rows = [{**ONE, "split": split} for split in ("train", "valid", "test")]
    refuse(
        write_csv(tmp_path, rows), "name all three parts, so nothing is held out; leave --held-out away", 0.1
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**ONE, "question": " ?"}, "field 'question': has no words"),
        ({**ONE, "question": "word " * 501}, "field 'question': has 501 words"),
        ({**ONE, "answer": "  "}, "field 'answer': is empty"),
        ({**ONE, "image": ""}, "field 'image': is not the file name or the number of a picture"),
        ({**ONE, "image": "a\tb"}, "field 'image': is not the file name"),
        ({**ONE, "type": "colour"}, "field 'type': is not a type"),
        ({**ONE, "type": 4}, "field 'type': is not a type"),
        ({**ONE, "split": "dev"}, "field 'split': is not one of train, valid, test"),
        ({**ONE, "split": "train"}, "give all questions a 'split', or none"),
    ],
)
def test_a_bad_field_is_refused_with_its_line(row, message, tmp_path):
    full = {**ONE, "type": "", "split": ""}
    refuse(write_jsonl(tmp_path, [ONE, row]), f"line 2{'' if message.startswith('give') else ','}")
    refuse(write_jsonl(tmp_path, [ONE, row]), message)
    refuse(write_csv(tmp_path, [full, {**full, **row}]), message)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"question": "what", "image": 1}, "line 1: the field 'answer' is missing"),
        ({**ONE, "anwser": "cat"}, "line 1: unknown field 'anwser' (did you mean 'answer'?)"),
        ({**ONE, "Split": "train"}, "line 1: unknown field 'Split' (did you mean 'split'?)"),
        ({**ONE, "xyz": 1}, "unknown field 'xyz' (known: answer, image, question, split, type)"),
    ],
)
def test_wrong_fields_are_refused_in_either_kind_of_file(row, message, tmp_path):
    refuse(write_jsonl(tmp_path, [row]), message)
    refuse(write_csv(tmp_path, [row]), message)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "line 2: is not JSON"),
        (b"\n", "line 2: is not JSON"),
        (b"[" * 90_000, "line 2: is not JSON"),
        (b'{"image": ' + b"1" * 5_000 + b"}", "line 2: is not JSON"),
        (b"[1]", "line 2: is not an object with the fields question, answer, image"),
        (b"\xff", "line 2: not UTF-8"),
        (b'{"question": ["what"], "answer": "a", "image": 1}', "field 'question': is neither text nor"),
        (b'{"question": "what", "answer": true, "image": 1}', "field 'answer': is neither text nor"),
        (b'{"question": "what", "answer": "a", "image": 1.5}', "field 'image': is neither text nor"),
        (b'{"question": "what", "answer": null, "image": 1}', "field 'answer': is empty"),
        (b'{"question": "\\udc00", "answer": "a", "image": 1}', "field 'question': has a character"),
        (b'{"question": "a", "answer": "\\udc00", "image": 1}', "field 'answer': has a character"),
        (b'{"question": "a", "answer": "a", "image": "\\udc00"}', "field 'image': is not the file name"),
    ],
)
def test_bad_json_is_refused_with_its_line(line, message, tmp_path):
    path = write_jsonl(tmp_path, [ONE])
    path.write_bytes(path.read_bytes() + line)
    refuse(path, message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: the field 'question' is missing"),
        (b"question,answer,image,answer\n", "line 1: the field 'answer' is there twice"),
        (b"question;answer;image\n", "line 1: unknown field 'question;answer;image'"),
        (b"question,answer,image\nwhat,cat\n", "line 2: has 2 fields and line 1 names 3"),
        (b"question,answer,image\n\nwhat,cat,1,2\n", "line 3: has 4 fields and line 1 names 3"),
        (b'question,answer,image\n"what,cat,1\n', "line 2: unexpected end of data"),
        (b'question,answer,image\n"what"s,cat,1\n', "line 2: ',' expected after '\"'"),
        (b'question,answer,image\n"' + b"a\n" * 70_000, "field larger than field limit"),
        (b"question,answer,image\nwh\xe4t,cat,1\n", "line 2: not UTF-8"),
    ],
)
def test_a_bad_csv_is_refused_with_its_line(content, message, tmp_path):
    path = tmp_path / "own.csv"
    path.write_bytes(content)
    refuse(path, message)
