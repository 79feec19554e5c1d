"""The small files of a run folder, each read by itself."""

import json

import pytest

from cocoqa_keras.errors import InputError
from cocoqa_keras.training.run_files import read_summary


@pytest.mark.parametrize("field", ["data", "test"])
@pytest.mark.parametrize("value", [None, [], "text"])
def test_a_part_of_the_summary_that_is_none_is_named(tmp_path, field, value):
    (tmp_path / "run.json").write_text(json.dumps({"data": {}, "test": {}, field: value}))
    with pytest.raises(InputError, match=f"run.json, {field}: expected names and values; train anew"):
        read_summary(tmp_path)


def test_a_summary_may_lack_parts(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    assert read_summary(tmp_path) == {}
