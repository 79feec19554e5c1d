"""The tables that stand in for WordNet: how they are kept, and that the script makes the packaged ones."""

import numpy as np
import pytest

from cocoqa_keras.evaluation.build_wordnet_tables import main
from cocoqa_keras.evaluation.non_nouns import non_nouns
from cocoqa_keras.evaluation.wordnet import find_wordnet
from cocoqa_keras.evaluation.wordnet_tables import (
    packaged_folder,
    read_non_nouns,
    read_similarities,
    write_non_nouns,
    write_similarities,
)


def test_a_table_of_similarities_comes_back_as_it_was(tmp_path):
    similarities = np.random.default_rng(0).choice([0, 1 / 3, 0.1 + 0.2, 1], (5, 5))
    write_similarities(tmp_path, list("abcde"), similarities)
    words, table = read_similarities(tmp_path)
    assert words == list("abcde")
    np.testing.assert_array_equal(table, similarities)


def test_too_many_different_similarities_are_refused(tmp_path):
    with pytest.raises(ValueError, match="at most 256 different"):
        write_similarities(tmp_path, range(17), np.arange(17 * 17.0).reshape(17, 17))
    assert not list(tmp_path.iterdir())


def test_the_list_of_non_nouns_is_sorted(tmp_path):
    write_non_nouns(tmp_path, {"who", "is", "quickly"})
    assert (tmp_path / "cocoqa_non_nouns.txt").read_text() == "is\nquickly\nwho\n"
    assert read_non_nouns(tmp_path) == {"is", "quickly", "who"}


def test_the_packaged_tables_are_whole_and_small():
    words, table = read_similarities(packaged_folder())
    assert len(words) == 430
    assert words == sorted(set(words))
    np.testing.assert_array_equal(table, table.T)
    assert 0 < table.min() < table.max() == 1
    assert "cat" not in read_non_nouns(packaged_folder())
    assert (packaged_folder() / "cocoqa_similarities.npz").stat().st_size < 200_000
    assert "Princeton" in (packaged_folder() / "WORDNET_LICENSE.txt").read_text()


def test_words_that_are_no_nouns_come_from_the_packaged_list(monkeypatch):
    from cocoqa_keras.evaluation import wordnet

    monkeypatch.setattr(wordnet, "_usual_folders", lambda: iter(()))
    assert non_nouns(["is", "quickly", "cats", "the", "xyzzy"]) == {"is", "quickly"}


def test_the_script_makes_the_packaged_tables(tmp_path, shared):
    if find_wordnet() is None:
        pytest.skip("no WordNet database is installed")
    main([str(shared / "data" / "cocoqa"), "--output", str(tmp_path)])
    words, table = read_similarities(tmp_path)
    packaged_words, packaged_table = read_similarities(packaged_folder())
    assert words == packaged_words
    np.testing.assert_array_equal(table, packaged_table)
    assert read_non_nouns(tmp_path) == read_non_nouns(packaged_folder())


def test_the_script_ends_in_one_line_where_the_database_is_missing(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main([str(tmp_path), "--wordnet", str(tmp_path)])
    assert caught.value.code == 2
    assert "no WordNet database" in capsys.readouterr().err.splitlines()[-1]
