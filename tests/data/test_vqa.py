"""Reading VQA."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.data.encode import choose_encoding, write_encoded
from cocoqa_keras.data.examples import Example
from cocoqa_keras.data.vqa import read_vqa
from cocoqa_keras.errors import InputError

ROWS = [(4580, "What is that?", "Cat", 458), (4581, "How many are there?", "2", 458), (10, "Why?", "so", 1)]
TEXT = st.text("abc\u00e9 \U0001f408", min_size=1, max_size=9).filter(str.strip)


def write_vqa(folder, train=ROWS, val=ROWS[:1], prefix="v2_", kind="OpenEnded"):
    folder.mkdir(exist_ok=True)
    for part, rows in (("train2014", train), ("val2014", val)):
        questions = [
            {"image_id": image, "question": question, "question_id": number}
            for number, question, _, image in rows
        ]
        annotations = [
            {
                "question_type": "what",
                "multiple_choice_answer": answer,
                "answers": [{"answer": answer, "answer_confidence": "yes", "answer_id": 1}] * 10,
                "image_id": image,
                "answer_type": "other",
                "question_id": number,
            }
            for number, _, answer, image in rows
        ]
        write_json(folder / f"{prefix}{kind}_mscoco_{part}_questions.json", {"questions": questions})
        write_json(folder / f"{prefix}mscoco_{part}_annotations.json", {"annotations": annotations})
    return folder


def write_json(path, content):
    path.write_text(json.dumps({"info": {"version": "2.0"}, **content}), "utf-8")


def test_train_and_val_make_three_parts(tmp_path):
    parts = read_vqa(write_vqa(tmp_path, train=ROWS * 1 + [(n, "Why?", "so", 9) for n in range(100, 117)]))
    assert [len(part) for _, part in parts.items()] == [18, 2, 1]
    assert list(parts.train)[:2] == [
        Example(["what", "is", "that"], "cat", "458", 0),
        Example(["how", "many", "are", "there"], "2", "458", 1),
    ]


def test_version_1_has_the_same_questions_twice(tmp_path):
    write_vqa(tmp_path, prefix="", kind="MultipleChoice")
    assert len(read_vqa(write_vqa(tmp_path, prefix="")).train) == 3


@settings(max_examples=30)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 2**40), TEXT, TEXT, st.integers(0, 10**9)),
        min_size=1,
        max_size=12,
        unique_by=lambda row: row[0],
    )
)
def test_every_question_comes_back_from_the_encoded_files(rows, tmp_path_factory, decoded):
    folder = tmp_path_factory.mktemp("vqa")
    write_encoded(
        folder / "encoded", choose_encoding(read_vqa(write_vqa(folder / "json", train=rows, val=[])))
    )
    _, parts = decoded(folder / "encoded")
    assert (
        parts["train"]
        == [(question.split(), " ".join(answer.split()), str(image)) for _, question, answer, image in rows][
            : len(rows) - len(rows) // 10
        ]
    )
    assert "test" not in parts


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "questions",
            b'{"questions": [\n{"question" 3}]}',
            "line 2: not valid JSON (Expecting ':' delimiter)",
        ),
        ("questions", b'{"questions": {}}', "has no list 'questions'"),
        ("questions", b"[]", "has no list 'questions'"),
        ("questions", b"[" * 200_000, "not valid JSON"),
        ("questions", b"\xff\xfe\x00", "not valid JSON"),
        ("questions", b'{"questions": [3]}', "questions[0]: is not an object"),
        ("questions", b'{"questions": [{}]}', "questions[0]: expected text in the field 'question'"),
        (
            "questions",
            b'{"questions": [{"question": "?", "question_id": 4580, "image_id": 1}]}',
            "questions[0], field 'question': has no words",
        ),
        (
            "questions",
            b'{"questions": [{"question": "\\ud800", "question_id": 4580, "image_id": 1}]}',
            "questions[0], field 'question': has a character that is not Unicode",
        ),
        (
            "questions",
            b'{"questions": [{"question": "a", "question_id": true, "image_id": 1}]}',
            "expected a number in the field 'question_id'",
        ),
        (
            "questions",
            b'{"questions": [{"question": "a", "question_id": 5, "image_id": 1}]}',
            "the annotations have no answer to question 5",
        ),
        (
            "questions",
            b'{"questions": []}',
            "has 0 questions and v2_mscoco_train2014_annotations.json answers 3",
        ),
        (
            "annotations",
            b'{"annotations": [{"question_id": 1, "multiple_choice_answer": " "}]}',
            "annotations[0], field 'multiple_choice_answer': is empty",
        ),
        ("annotations", None, "there is no file *train*annotations.json"),
    ],
)
def test_bad_files_are_refused_with_their_place(name, content, message, tmp_path):
    (path,) = write_vqa(tmp_path).glob(f"*train*{name}.json")
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_vqa(tmp_path)
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)
