"""Where the image features of a data set lie."""

from cocoqa_keras.data.features_file import FEATURES_FILE, find_features


def test_features_are_found_beside_the_questions_and_else_above_them(tmp_path, monkeypatch):
    folder = tmp_path / "cocoqa"
    folder.mkdir()
    assert find_features(folder) is None
    (tmp_path / FEATURES_FILE).touch()
    assert find_features(folder) == tmp_path / FEATURES_FILE
    monkeypatch.chdir(folder)
    assert find_features(".") == tmp_path / FEATURES_FILE
    (folder / FEATURES_FILE).touch()
    assert find_features(folder) == folder / FEATURES_FILE
    assert find_features(folder, "others.h5") is None
