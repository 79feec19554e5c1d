"""cocoqa-data demo."""

import pytest
from PIL import Image
from refusal import refused

from cocoqa_keras import load_dataset
from cocoqa_keras.cli.data import main
from cocoqa_keras.data.features import SparseFeatures


def test_demo_is_made_in_the_cache_once(cache, capsys):
    assert main(["demo"]) == 0
    first = capsys.readouterr().out
    (folder,) = cache.iterdir()
    assert first.startswith(f"{folder}: ")
    made = (folder / "hidden_oxford_mscoco.h5").stat()
    assert main(["demo"]) == 0
    assert capsys.readouterr().out == first
    again = (folder / "hidden_oxford_mscoco.h5").stat()
    assert (again.st_ino, again.st_mtime_ns) == (made.st_ino, made.st_mtime_ns)


def test_demo_holds_pictures_features_and_questions_that_fit(cache, capsys):
    assert main(["demo"]) == 0
    (folder,) = cache.iterdir()
    dataset = load_dataset(folder / "cocoqa")
    pictures = sorted((folder / "images").glob("*.png"))
    assert len(pictures) == dataset.image_count
    with Image.open(pictures[0]) as picture:
        assert picture.mode == "RGB"
    with SparseFeatures(folder / "hidden_oxford_mscoco.h5") as features:
        assert features.shape == (dataset.image_count, 4096)


@pytest.mark.slow
def test_demo_is_put_where_it_is_asked_for(cache, tmp_path, capsys):
    assert main(["demo"]) == 0
    assert main(["demo", "--output", str(tmp_path / "copy")]) == 0
    (original,) = cache.iterdir()
    for part in ("hidden_oxford_mscoco.h5", "cocoqa/train.npy", "images/000000000001.png"):
        assert (tmp_path / "copy" / part).read_bytes() == (original / part).read_bytes()


def test_demo_refuses_a_folder_in_use(tiny, capsys):
    assert "cocoqa exists and is not an empty folder" in refused(main, ["demo", "--output", "cocoqa"], capsys)


def test_demo_refuses_a_place_where_no_folder_can_be(tiny, capsys):
    arguments = ["demo", "--output", "hidden_oxford_mscoco.h5/demo"]
    assert "choose another folder or free some space" in refused(main, arguments, capsys)


def test_demo_names_the_variable_where_the_cache_cannot_be_written(tiny, monkeypatch, capsys):
    monkeypatch.setenv("COCOQA_KERAS_CACHE", "hidden_oxford_mscoco.h5")
    assert "COCOQA_KERAS_CACHE" in refused(main, ["demo"], capsys)
