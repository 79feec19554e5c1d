"""Nouns and similarities of WordNet: of a small database, and of the real one against nltk."""

import functools
import shutil
import warnings

import numpy as np
import pytest
from small_wordnet import write_wordnet

from cocoqa_keras.data.cocoqa_text import read_cocoqa_text
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation import wordnet as wordnet_module
from cocoqa_keras.evaluation.wordnet import WordNet, find_wordnet
from cocoqa_keras.evaluation.wordnet_tables import packaged_folder, read_similarities


@pytest.fixture
def small(tmp_path):
    return WordNet(write_wordnet(tmp_path))


@pytest.fixture(scope="module")
def real():
    folder = find_wordnet()
    if folder is None:
        pytest.skip("no WordNet database is installed")
    return WordNet(folder)


@pytest.mark.parametrize(
    ("word", "other", "similarity"),
    [
        ("dog", "cat", 2 * 2 / (4 + 1 + 1)),  # meet in animal, which has 2 levels
        ("dog", "color", 2 * 1 / (2 + 2 + 1)),  # meet in entity; the dog's shortest way there is 2
        ("rex", "pet", 2 * 3 / (6 + 2 + 0)),  # an instance counts as a kind
        ("kid", "cat", 2 * 2 / (4 + 1 + 1)),  # the better one of two senses
        ("children", "Kid", 1.0),
        ("tape_dispenser", "dispensers", 2 * 2 / (4 + 1)),
        ("tape dispensers", "tape_dispenser", 1.0),
        ("quickly", "cat", 0.0),
        ("quickly", "quickly", 0.0),
        ("", "cat", 0.0),
    ],
)
def test_words_are_as_similar_as_their_most_similar_senses(small, word, other, similarity):
    assert small.similarity(word, other) == similarity
    assert small.similarity(other, word) == similarity


def test_inflected_words_have_the_senses_of_their_lemma(small):
    assert small.synsets("dogs") == small.synsets("dog") == small.synsets("Domestic Dogs")
    assert len(small.synsets("men")) == 2
    assert small.synsets("children") == small.synsets("child")
    assert small.synsets("childs") == small.synsets("child")
    assert small.synsets("beasts") == small.synsets("man")  # the list of exceptions, and no rule beside it
    assert small.synsets("gods") == []


def test_words_of_other_parts_of_speech_are_known_and_no_nouns(small):
    known = {word for word in ["pet", "eats", "ate", "quicker", "quickly", "xyzzy", ""] if small.knows(word)}
    assert known == {"pet", "eats", "ate", "quicker", "quickly"}
    assert {word for word in known if small.is_noun(word)} == {"pet"}


def test_a_database_is_found_where_it_is_given_or_where_nltk_keeps_it(tmp_path, monkeypatch):
    folder = tmp_path / "data" / "corpora" / "wordnet"
    folder.mkdir(parents=True)
    monkeypatch.setenv("NLTK_DATA", f"{tmp_path / 'none'}:{tmp_path / 'data'}")
    assert find_wordnet() != folder
    write_wordnet(folder)
    assert find_wordnet() == folder
    assert find_wordnet(str(folder)) == folder
    with pytest.raises(InputError, match=r"no WordNet database .*noun.exc"):
        find_wordnet(tmp_path)


def test_no_database_is_found_where_there_is_none(monkeypatch):
    monkeypatch.setattr(wordnet_module, "_usual_folders", lambda: iter(()))
    assert find_wordnet() is None


def test_a_missing_file_is_named(tmp_path):
    write_wordnet(tmp_path)
    (tmp_path / "verb.exc").unlink()
    assert WordNet(tmp_path).knows("dog")
    with pytest.raises(InputError, match=r"cannot read .*verb\.exc"):
        WordNet(tmp_path).knows("quickly")


def test_a_synset_that_the_index_lacks_is_named(tmp_path):
    write_wordnet(tmp_path)
    index = tmp_path / "index.noun"
    index.write_text(index.read_text().replace("\nanimal ", "\nanimol "))
    with pytest.raises(InputError, match=r"'animal' at byte .* and index\.noun does not"):
        WordNet(tmp_path).similarity("dog", "cat")


@pytest.mark.parametrize(
    ("word", "other", "similarity"),
    [("cat", "dog", 6 / 7), ("red", "blue", 7 / 8), ("two", "three", 0.9), ("kitchen", "bedroom", 8 / 9)],
)
def test_similarities_in_wordnet_are_the_published_ones(real, word, other, similarity):
    assert real.similarity(word, other) == pytest.approx(similarity, abs=1e-12)


@pytest.fixture(scope="module")
def nltk_wordnet(real, tmp_path_factory):
    """nltk's reader on the same database, which it takes from a folder of its own only."""
    nltk = pytest.importorskip("nltk")
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    root = tmp_path_factory.mktemp("nltk_data")
    folder = root / "corpora" / "wordnet"
    shutil.copytree(find_wordnet(), folder)
    # Debian has the names of the lexicographers' files in a manual page only. No similarity needs them.
    (folder / "lexnames").write_text("".join(f"{number:02} any 0\n" for number in range(45)))

    class Reader(WordNetCorpusReader):
        def map_wn(self, version="wordnet"):
            return None

        @functools.cached_property
        def _version(self):
            return super().get_version()

        def get_version(self):
            return self._version  # nltk reads it from the file for every two synsets

    nltk.data.path.append(str(root))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield Reader(str(folder), None)
    nltk.data.path.remove(str(root))


def test_the_senses_of_every_word_of_cocoqa_are_those_of_nltk(real, nltk_wordnet, shared):
    parts = [read_cocoqa_text(shared / "data" / "cocoqa" / name) for name in ("train", "test")]
    words = {word for part in parts for question in part.questions for word in question}
    words |= {"tape_dispenser", "garbage_bin", "UNK", "oxen", "churches"}
    for word in words:
        assert real.synsets(word) == [synset.offset() for synset in nltk_wordnet.synsets(word, "n")], word
        assert real.knows(word) == bool(nltk_wordnet.synsets(word)), word


def test_random_nouns_are_as_similar_as_in_nltk(real, nltk_wordnet):
    random = np.random.default_rng(0)
    lemmas = sorted(nltk_wordnet.all_lemma_names("n"))
    words = [lemmas[place] for place in random.choice(len(lemmas), 60, replace=False)]
    expected = [[_nltk_similarity(nltk_wordnet, word, other) for other in words] for word in words]
    np.testing.assert_array_equal(real.similarities(words), expected)


@pytest.mark.slow
def test_every_two_answers_of_cocoqa_are_as_similar_as_in_nltk(real, nltk_wordnet, monkeypatch):
    synset_class = type(nltk_wordnet.synsets("dog", "n")[0])
    cached_distance = functools.cache(synset_class.shortest_path_distance)
    monkeypatch.setattr(synset_class, "shortest_path_distance", cached_distance)
    words, table = read_similarities(packaged_folder())
    computed = real.similarities(words)
    np.testing.assert_array_equal(computed, computed.T)
    np.testing.assert_array_equal(computed, table)
    similarity = functools.cache(lambda first, second: first.wup_similarity(second))
    senses = [nltk_wordnet.synsets(word, "n") for word in words]
    for row in range(len(words)):
        for column in range(row, len(words)):
            pairs = [sorted([first, second]) for first in senses[row] for second in senses[column]]
            assert computed[row, column] == max(similarity(*pair) for pair in pairs), (
                words[row],
                words[column],
            )


def _nltk_similarity(reader, word, other):
    pairs = [(first, second) for first in reader.synsets(word, "n") for second in reader.synsets(other, "n")]
    return max(first.wup_similarity(second) for first, second in pairs)
