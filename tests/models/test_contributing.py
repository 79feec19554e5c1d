"""The stage type that CONTRIBUTING.md adds, added as it says."""

import importlib
import re
import textwrap
from pathlib import Path

import keras
import numpy as np
import pytest
import yaml

from cocoqa_keras import layers
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.builders.base import BUILDERS
from cocoqa_keras.spec import STAGE_TYPES, load_spec, stages

PAGE = Path(__file__).parents[2] / "CONTRIBUTING.md"


def snippets(language):
    """The blocks of code in a language, in order."""
    blocks = re.findall(
        rf"^ *```{language}\n(.*?)^ *```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    return [textwrap.dedent(block) for block in blocks]


def run_in(module, snippet):
    """Runs a snippet with the names that its file has imported; returns the names that it makes."""
    names = dict(vars(importlib.import_module(module)))
    before = set(names)
    exec(compile(snippet, module, "exec"), names)
    return {name: value for name, value in names.items() if name not in before}


@pytest.fixture
def scale(monkeypatch):
    """The new stage type, known for the time of a test."""
    fields, layer, builder = snippets("python")
    monkeypatch.setattr(
        stages, "Scale", run_in("cocoqa_keras.spec.stages.weights", fields)["Scale"], raising=False
    )
    # The new file imports what every layer's does.
    monkeypatch.setattr(
        layers, "Scale", run_in("cocoqa_keras.layers.sum_of_parts", layer)["Scale"], raising=False
    )
    run_in("cocoqa_keras.models.builders.weights", builder)
    yield
    del STAGE_TYPES["scale"], BUILDERS[stages.Scale]


@pytest.mark.usefixtures("scale")
def test_the_new_stage_type_is_read_built_and_saved_with_weights_to_train(tmp_path):
    (described,) = yaml.safe_load(snippets("yaml")[0])
    content = {"name": "new", "costFn": "mse", "stages": ["scale"], "outputs": "scale", "specs": [described]}
    path = tmp_path / "new.model.yml"
    path.write_text(yaml.safe_dump(content))
    model = build_model(load_spec(path), input_shape=(5, 3))
    weights = np.random.RandomState(0).uniform(-1, 1, (1, 3)).astype("float32")
    np.testing.assert_array_equal(model.get_layer("scale").kernel, weights)
    batch = np.ones((2, 5, 3), "float32")
    np.testing.assert_allclose(model(batch), batch * weights[0])
    assert [weight.path for weight in model.trainable_variables] == ["scale/kernel"]
    model.save(tmp_path / "new.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "new.keras")(batch), model(batch))
