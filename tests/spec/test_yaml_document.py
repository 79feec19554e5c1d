"""Settings files as plain data with line numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.errors import InputError
from cocoqa_keras.spec.yaml_document import LARGEST_FILE, read_yaml

NESTED = """\
# a comment
top: 1
list:
  - first: a
    second:
      - x
      - y
  - 5
block:
    inner: {flow: 1,
            other: 2}
"""

LINES = {
    (): 1,
    ("top",): 2,
    ("list", 0): 4,
    ("list", 0, "first"): 4,
    ("list", 0, "second", 1): 7,
    ("list", 1): 8,
    ("block", "inner"): 10,
    ("block", "inner", "other"): 11,
}

FIELDS_OVER_LINES = {("list",): 3, ("list", 0, "second"): 5, ("block",): 9}

ABSENT = {
    ("absent",): 1,
    ("list", 0, "absent"): 4,
    ("list", 7): 3,
    ("block", "inner", "absent", 3): 10,
}


@pytest.mark.parametrize("location", LINES)
def test_every_value_has_its_line(write, location):
    assert read_yaml(write(NESTED)).line(location) == LINES[location]


@pytest.mark.parametrize("location", FIELDS_OVER_LINES)
def test_the_line_of_a_field_over_several_lines_is_that_of_its_name(write, location):
    assert read_yaml(write(NESTED)).line(location) == FIELDS_OVER_LINES[location]


@pytest.mark.parametrize("location", ABSENT)
def test_what_is_not_there_has_the_line_of_what_should_hold_it(write, location):
    assert read_yaml(write(NESTED)).line(location) == ABSENT[location]


def test_content_is_plain_data_and_the_text_is_kept(write):
    document = read_yaml(write("a: [1, 2.5, true, null, 'x']\nb: 5e-5\n"))
    assert document.data == {"a": [1, 2.5, True, None, "x"], "b": "5e-5"}
    assert document.text == "a: [1, 2.5, true, null, 'x']\nb: 5e-5\n"


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_file_holds_nothing(write, text):
    assert read_yaml(write(text)).data is None


NOT_YAML = {
    "an open bracket": ("a: 1\nb: [1, 2\n", 3),
    "a tab": ("a: 1\nb:\n\tc: 1\n", 3),
    "two values": ("a: 1\nb: 1: 2\n", 2),
    "a key twice": ("a: 1\nb: 2\na: 3\n", 3),
    "a key twice further in": ("b:\n  a: 1\n  a: 3\n", 3),
    "an unknown anchor": ("a: 1\nb: *c\n", 2),
    "two documents": ("a: 1\n---\nb: 1\n", 2),
    "a Python object": ("a: 1\nb: !!python/object/apply:os.getcwd []\n", 2),
    "a tag of somebody's": ("a: 1\nb: !mine 2\n", 2),
}


@pytest.mark.parametrize("what", NOT_YAML)
def test_what_is_not_yaml_is_refused_with_its_line(write, refusal, what):
    text, line = NOT_YAML[what]
    path = write(text)
    assert refusal(read_yaml, path).startswith(f"{path}:{line}: ")


HOSTILE = {
    "a list as a key": "? [a, b]\n: 1\n",
    "a mapping as a key": "{? {a: 1} : 2}\n",
    "a truth that is neither": "a: !!bool maybe\n",
    "an integer without digits": "a: !!int ''\n",
    "a number without digits": "a: !!float ''\n",
    "a time that is none": "a: !!timestamp x\n",
    "a month 99": "a: 2001-99-99\n",
    "a value beyond Unicode": 'a: "\\U00110000"\n',
    "a control character": "a: \0\n",
    "a merge of a number": "<<: 1\n",
    "deep nesting": "[" * 20000 + "]" * 20000,
    "a number of 5000 digits": f"a: {'9' * 5000}\n",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_yaml_is_refused(write, refusal, what):
    refusal(read_yaml, write(HOSTILE[what]))


def test_a_key_that_is_a_number_and_one_that_is_its_text_are_two(write):
    assert read_yaml(write("1: a\n'1': b\n")).data == {1: "a", "1": "b"}


def test_a_missing_file_is_named(tmp_path, refusal):
    assert str(tmp_path / "none.yml") in refusal(read_yaml, tmp_path / "none.yml")


def test_a_folder_is_refused(tmp_path, refusal):
    assert str(tmp_path) in refusal(read_yaml, tmp_path)


def test_what_is_not_utf8_is_refused(tmp_path, refusal):
    path = tmp_path / "latin.yml"
    path.write_bytes("name: 'café'\n".encode("latin-1"))
    assert refusal(read_yaml, path) == f"{path}: not UTF-8 text; save the file as UTF-8"


def test_a_file_that_is_too_large_is_refused_and_one_at_the_limit_is_read(tmp_path, refusal):
    path = tmp_path / "large.yml"
    path.write_text("#" * LARGEST_FILE)
    assert read_yaml(path).data is None
    path.write_text("#" * (LARGEST_FILE + 1))
    assert "too large" in refusal(read_yaml, path)


@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
    | st.text("[]{}:?-&*!<=\"'|>%@ \na1.,", max_size=40)
)
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_text(text, encoding="utf-8")
    try:
        assert read_yaml(path).text == text.replace("\r\n", "\n").replace("\r", "\n")
    except InputError as error:
        assert len(str(error).splitlines()) == 1
