"""Damaged and hostile WordNet databases end in one line."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_wordnet import NOUNS, write_wordnet

from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.wordnet import WordNet

WORDS = [lemma for lemmas, _ in NOUNS for lemma in lemmas]


def damage(path, pattern, replacement):
    content, count = re.subn(pattern, replacement, path.read_text(), count=1, flags=re.MULTILINE)
    assert count == 1
    path.write_text(content)


@pytest.mark.parametrize(
    ("name", "pattern", "replacement", "message"),
    [
        ("index.noun", r"^dog n 1", "dog n 2", "index.noun: the line of 'dog' is damaged"),
        ("index.noun", r"^dog n 1 2", "dog n 1 x", "index.noun: the line of 'dog' is damaged"),
        ("index.noun", r"^dog .*$", "dog", "index.noun: the line of 'dog' is damaged"),
        ("index.noun", r"^dog .*$", "dog n 0 0 0 0", "index.noun: the line of 'dog' is damaged"),
        ("index.noun", r"^(dog .*)\d{8}", r"\g<1>99999999", "no noun synset at byte 99999999"),
        ("index.noun", r"^(dog .*)\d{8}", r"\g<1>00000003", "no noun synset at byte 3,"),
        ("data.noun", r" n 02 dog 0", " n zz dog 0", "no noun synset at byte"),
        ("data.noun", r" n 02 dog 0", " n ff dog 0", "no noun synset at byte"),
        ("data.noun", r" n 02 dog 0", " v 02 dog 0", "no noun synset at byte"),
        ("data.noun", r"(dog 0 domestic_dog 0) 003", r"\1 999", "no noun synset at byte"),
        ("data.noun", r"(dog 0 domestic_dog 0 003 @) \d{8}", r"\1 00000000", "no noun synset at byte 0,"),
    ],
)
def test_a_damaged_line_is_named_with_what_to_do(tmp_path, name, pattern, replacement, message):
    damage(write_wordnet(tmp_path) / name, pattern, replacement)
    with pytest.raises(InputError, match=message) as caught:
        WordNet(tmp_path).similarity("dog", "cat")
    assert "unharmed WordNet 3.0" in str(caught.value)


@pytest.mark.parametrize("name", ["data.noun", "index.noun", "noun.exc"])
def test_a_missing_file_is_named(tmp_path, name):
    (write_wordnet(tmp_path) / name).unlink()
    with pytest.raises(InputError, match=f"cannot read .*{name}: No such file"):
        WordNet(tmp_path)


def test_a_binary_file_is_refused(tmp_path):
    write_wordnet(tmp_path)
    (tmp_path / "index.noun").write_bytes(b"dog \xff\xfe")
    with pytest.raises(InputError, match=r"index\.noun: not UTF-8 text at byte 4"):
        WordNet(tmp_path)


def test_a_synset_above_itself_is_refused(tmp_path):
    write_wordnet(tmp_path, [(["entity"], [2]), (["dog"], [0]), (["cat"], [1])])
    with pytest.raises(InputError, match="is above itself"):
        WordNet(tmp_path).similarity("dog", "cat")


def test_an_endless_chain_of_synsets_is_refused(tmp_path):
    write_wordnet(tmp_path, [(["entity"], [])] + [([f"kind{place}"], [place]) for place in range(5000)])
    with pytest.raises(InputError, match="below 100"):
        WordNet(tmp_path).similarity("kind4999", "entity")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["data.noun", "index.noun", "noun.exc"]),
    position=st.floats(0, 1),
    content=st.binary(max_size=4),
)
def test_any_damage_is_harmless_or_refused_in_one_line(tmp_path, name, position, content):
    path = write_wordnet(tmp_path) / name
    whole = path.read_bytes()
    start = int(position * len(whole))
    path.write_bytes(whole[:start] + content + whole[start + len(content) + 1 :])
    try:
        similarities = WordNet(tmp_path).similarities(WORDS)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert (similarities >= 0).all()
