"""Finding the image features of a model."""

import shutil

import pytest

from cocoqa_keras.errors import InputError
from cocoqa_keras.models.image_features import open_features
from cocoqa_keras.models.zoo import find_model
from cocoqa_keras.spec import load_spec


@pytest.fixture
def spec():
    return load_spec(find_model("img_bow"))


@pytest.fixture
def source(tiny_folder):
    return tiny_folder.parent / "hidden_oxford_mscoco.h5"


def test_a_model_without_an_image_has_none(tmp_path):
    assert open_features(load_spec(find_model("bow")), tmp_path) is None


@pytest.mark.parametrize("place", ["beside", "above"])
def test_features_lie_beside_or_above_the_data(spec, source, tmp_path, place):
    folder = tmp_path / "cocoqa"
    folder.mkdir()
    path = (folder if place == "beside" else tmp_path) / source.name
    shutil.copy(source, path)
    with open_features(spec, folder) as features:
        assert features.path == path
        assert features.shape == (8, 10)


def test_a_data_folder_that_is_relative_is_fine(spec, tiny_folder, monkeypatch):
    monkeypatch.chdir(tiny_folder)
    with open_features(spec, ".") as features:
        assert len(features) == 8


def _names(folder, name):
    """img_bow in a folder, with another name in place of that of its features."""
    path = folder / "img_bow.model.yml"
    path.write_text(find_model("img_bow").read_text().replace("../data/hidden_oxford_mscoco.h5", name))
    return load_spec(path)


def test_the_file_that_the_model_names_counts_first(source, tiny_folder, tmp_path):
    (tmp_path / "data").mkdir()
    named = shutil.copy(source, tmp_path / "data")
    with open_features(_names(tmp_path, f"data/{source.name}"), tiny_folder) as features:
        assert features.path.samefile(named)


def test_one_outside_of_its_folder_is_looked_for_with_the_data(source, tiny_folder, tmp_path):
    elsewhere = shutil.copy(source, tmp_path)
    (tmp_path / "models").mkdir()
    for name in (f"../{source.name}", str(elsewhere)):
        with open_features(_names(tmp_path / "models", name), tiny_folder) as features:
            assert features.path.samefile(source)


def test_a_file_that_is_given_counts_before_all(spec, source, tiny_folder, tmp_path):
    given = shutil.copy(source, tmp_path / "mine.h5")
    with open_features(spec, tiny_folder, given) as features:
        assert features.path == given


def test_features_that_are_nowhere_name_the_file_and_the_remedy(spec, tmp_path):
    with pytest.raises(
        InputError, match=r"no image features for img_bow: hidden_oxford_mscoco\.h5.*--features"
    ):
        open_features(spec, tmp_path)
    with pytest.raises(InputError, match=r"none\.h5"):
        open_features(spec, tmp_path, tmp_path / "none.h5")


@pytest.mark.parametrize(("field", "value"), [("sparse", "false"), ("format", "numpy")])
def test_a_table_that_names_no_sparse_file_is_refused(tiny_folder, field, value):
    spec = load_spec(find_model("img_bow"), {f"imgFeat.{field}": value})
    with pytest.raises(InputError, match=r"stage 'imgFeat' must name its features"):
        open_features(spec, tiny_folder)
