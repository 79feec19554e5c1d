"""Words and ids."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.data.formats import read_pickle
from cocoqa_keras.data.vocabulary import Vocabulary, tokenize
from cocoqa_keras.errors import InputError

WORDS = st.lists(st.text(min_size=1).filter(lambda word: word != "UNK"), unique=True, max_size=20)


def test_the_tiny_data_sets_dictionaries_are_vocabularies(mini):
    questions = Vocabulary.from_dict(read_pickle(mini / "data" / "qdict.pkl"), first_id=1)
    answers = Vocabulary.from_dict(read_pickle(mini / "data" / "ansdict.pkl"), first_id=0)
    assert (len(questions), questions.id_of("w00"), questions.id_of("UNK")) == (31, 1, 31)
    assert (len(answers), answers.id_of("a0"), answers.id_of("never seen")) == (10, 0, 9)


@given(WORDS, st.integers(0, 1))
def test_ids_and_words_are_inverse(words, first_id):
    vocabulary = Vocabulary((*words, "UNK"), first_id)
    ids = vocabulary.encode(vocabulary.words)
    assert ids == list(range(first_id, first_id + len(words) + 1))
    assert [vocabulary.word_of(word_id) for word_id in ids] == [*words, "UNK"]
    assert vocabulary.last_id == ids[-1]
    assert Vocabulary.from_dict(vocabulary.to_dict(), first_id) == vocabulary


def test_unknown_words_have_the_id_of_unk():
    vocabulary = Vocabulary(("cat", "dog", "UNK"), 1)
    assert vocabulary.encode(["dog", "ferret", "cat"]) == [2, 3, 1]
    assert "dog" in vocabulary
    assert "ferret" not in vocabulary


def test_decoding_leaves_padding_out():
    assert Vocabulary(("cat", "UNK"), 1).decode([1, 2, 0, 0]) == ["cat", "UNK"]
    assert Vocabulary(("cat", "UNK"), 0).decode([0, 1]) == ["cat", "UNK"]


def test_words_of_a_text_are_in_order_of_first_appearance():
    assert Vocabulary.of_words(["b", "a", "UNK", "b"], 0).words == ("b", "a", "UNK")


def test_a_vocabulary_cannot_be_changed():
    vocabulary = Vocabulary(["cat", "UNK"], 0)
    assert vocabulary.words == ("cat", "UNK")
    vocabulary.to_dict()["cat"] = 5
    assert vocabulary.id_of("cat") == 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        vocabulary.first_id = 1


@pytest.mark.parametrize(
    "ids",
    [
        {},
        {"a": 1, "b": 2},
        {"a": 1, "UNK": 3},
        {"a": 2, "UNK": 1},
        {"a": 0, "UNK": 1},
        {"a": 1, "b": 1, "UNK": 3},
        {"a": "1", "UNK": 2},
        {"a": True, "UNK": 2},
        {"a": 1.0, "UNK": 2},
    ],
)
def test_a_dictionary_with_wrong_ids_is_refused(ids):
    with pytest.raises(InputError):
        Vocabulary.from_dict(ids, first_id=1)


def test_an_id_nested_without_end_is_refused_at_once():
    nested = []
    nested.append(nested)
    for _ in range(100):
        nested = [nested, nested]
    with pytest.raises(InputError, match="has the id list"):
        Vocabulary.from_dict({"a": nested}, first_id=1)


@pytest.mark.parametrize("words", [(), ("a",), ("UNK", "a"), ("a", "a", "UNK")])
def test_words_without_unk_at_the_end_or_twice_are_refused(words):
    with pytest.raises(InputError, match="expected"):
        Vocabulary(words, 0)


@pytest.mark.parametrize("word_id", [0, 3, -1])
def test_an_id_without_a_word_is_refused(word_id):
    with pytest.raises(InputError, match="from 1 to 2"):
        Vocabulary(("cat", "UNK"), 1).word_of(word_id)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is  the Color of the cat?", ["what", "is", "the", "color", "of", "the", "cat"]),
        ("what is it ?", ["what", "is", "it"]),
        ("what is it ? \n", ["what", "is", "it"]),
        ("is it a ?sign\there", ["is", "it", "a", "?sign", "here"]),
        ("?", []),
        ("", []),
    ],
)
def test_a_question_is_split_into_words(question, words):
    assert tokenize(question) == words
