"""Lists of questions by number."""

import pytest

from cocoqa_keras.errors import InputError
from cocoqa_keras.report.question_list import read_new_questions, read_question_list


@pytest.fixture
def path(tmp_path):
    return tmp_path / "list.txt"


def test_questions_are_listed_with_comments_in_their_order(path):
    path.write_text("\ufeff# chosen\n9,both fail, as ever\n\n  0 \n3,Ça\n", encoding="utf-8")
    assert read_question_list(path, 10) == [(9, "both fail, as ever"), (0, ""), (3, "Ça")]


def test_new_questions_are_csv(path):
    path.write_text('# new\n3,What  is it?,A  Cat\n\n3, "here, or there", \n')
    assert read_new_questions(path, 10) == [(3, "What is it?", "a cat"), (3, "here, or there", "")]


@pytest.mark.parametrize("number", ["10", "-1", "1.0", "x", "", "²", "9" * 5000])
@pytest.mark.parametrize("read", [read_question_list, read_new_questions])
def test_what_is_no_question_of_the_test_part_is_named(path, read, number):
    path.write_text(f"#\n{number},what is it,cat\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 2: '.* is not the number of a test question, 0 to 9"):
        read(path, 10)


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (read_question_list, "1\n2\n1,again\n", "line 3: question 1 is there twice"),
        (read_question_list, "# none\n\n", "there are no questions in it"),
        (read_question_list, "1,\0\n\udcff", "line 2: not UTF-8"),
        (read_new_questions, "", "there are no questions in it"),
        (read_new_questions, "1,what is it\n", "line 1: has 2 fields; write QID,question,answer"),
        (read_new_questions, "1,what, is it,cat\n", "line 1: has 4 fields"),
        (read_new_questions, '1,"what is it,cat\n', "line 1: unexpected end of data"),
        (read_new_questions, "1, ?,cat\n", "line 1, field 'question': has no words"),
    ],
)
def test_damaged_lists_are_named(path, read, text, message):
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(InputError, match=f"list.txt.*{message}") as caught:
        read(path, 10)
    assert len(str(caught.value).splitlines()) == 1


def test_a_list_that_is_not_there_is_named(path):
    with pytest.raises(InputError, match=r"cannot read .*list.txt"):
        read_question_list(path, 10)
