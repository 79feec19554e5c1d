"""A model file reads nothing outside of its folder, unless its user asks for it."""

import numpy as np
import pytest
import yaml

from cocoqa_keras.errors import InputError
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.spec import load_spec

MAP = {"name": "it", "type": "map", "inputs": "input", "outputDim": 2, "activeFn": "tanh", "format": "numpy"}
NORM = {"name": "it", "type": "normalize", "inputs": "input"}
STAGES = {
    "initWeights": lambda file: {**MAP, "initWeights": file},
    "mean": lambda file: {**NORM, "mean": file, "std": "vector.npy"},
    "std": lambda file: {**NORM, "mean": "vector.npy", "std": file},
}


@pytest.fixture
def folder(tmp_path):
    """A folder for a model file, with files in it, and others outside that would do as well."""
    folder = tmp_path / "models"
    (folder / "inside").mkdir(parents=True)
    for place in (tmp_path, folder, folder / "inside"):
        np.save(place / "matrix.npy", np.ones((4, 2)))
        np.save(place / "vector.npy", np.ones(3))
    return folder


def build(folder, field, file, overrides=None):
    content = {"name": "one", "costFn": "mse", "stages": ["it"], "outputs": "it"}
    path = folder / "one.model.yml"
    path.write_text(yaml.safe_dump({**content, "specs": [STAGES[field](file)]}))
    return build_model(load_spec(path, overrides), input_shape=(3,))


def file_for(field):
    return "matrix.npy" if field == "initWeights" else "vector.npy"


@pytest.mark.parametrize("field", STAGES)
@pytest.mark.parametrize("place", ["", "inside/", "./inside/../"])
def test_a_file_in_its_folder_or_below_is_read(field, place, folder):
    assert build(folder, field, place + file_for(field))


@pytest.mark.parametrize("field", STAGES)
@pytest.mark.parametrize("way", ["..", "inside/../..", "absolute", "link", "linked folder"])
def test_a_file_outside_is_refused(field, way, folder):
    file = outside = folder.parent / file_for(field)
    if way == "link":
        (folder / "link.npy").symlink_to(outside)
        file = "link.npy"
    elif way == "linked folder":
        (folder / "linked").symlink_to(folder.parent)
        file = f"linked/{outside.name}"
    elif way != "absolute":
        file = f"{way}/{outside.name}"
    with pytest.raises(InputError, match=rf"one\.model\.yml:\d+: stage 'it', field '{field}': .* outside of"):
        build(folder, field, str(file))


@pytest.mark.parametrize("field", STAGES)
def test_a_file_outside_that_is_asked_for_is_read(field, folder):
    outside = folder.parent / file_for(field)
    assert build(folder, field, "nowhere.npy", {f"it.{field}": str(outside)})
    assert build(folder, field, "nowhere.npy", {f"it.{field}": f"../{outside.name}"})


@pytest.mark.parametrize("file", ["a\0b", "loop", ""])
def test_what_is_no_file_is_refused_in_one_line(file, folder):
    (folder / "loop").symlink_to("loop")
    with pytest.raises(InputError) as caught:
        build(folder, "initWeights", file)
    assert len(str(caught.value).splitlines()) == 1
