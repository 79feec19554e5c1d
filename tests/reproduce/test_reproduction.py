"""Which rows of an earlier table stay."""

import json

import pytest

from cocoqa_keras.errors import InputError
from cocoqa_keras.reproduce.reproduction import Reproduction

RESULT = {"figures": {"rate": 0.5}, "interval": [0.25, 0.75], "epochs": [2, 1], "seconds": 60}


@pytest.fixture
def table(tmp_path):
    """Writes a table of these rows."""

    def write(*rows, **features):
        path = tmp_path / "table.json"
        content = {"made_from": {"data": "a"}, **features, "rows": {name: {"0": RESULT} for name in rows}}
        path.write_text(json.dumps(content))
        return path

    return write


@pytest.mark.parametrize("noted", [{"features_sha256": "other"}, {"features_sha256": None}, {}])
def test_rows_with_images_stay_with_their_features_alone(table, noted):
    path = table("BOW", "IMG+BOW", features_sha256="same")
    assert Reproduction(path, {"data": "a"}, "same").results["IMG+BOW"][0].figures == {"rate": 0.5}
    path = table("BOW", "IMG+BOW", **noted)
    with pytest.raises(InputError, match=r"table\.json: made from other image features, or by an older"):
        Reproduction(path, {"data": "a"}, "same")


@pytest.mark.parametrize("noted", [{"features_sha256": "other"}, {"features_sha256": None}, {}])
def test_rows_without_images_stay_with_any(table, noted):
    kept = Reproduction(table("GUESS", "BOW", "LSTM", **noted), {"data": "a"}, "same")
    assert list(kept.results) == ["GUESS", "BOW", "LSTM"]
    assert kept.features_sha256 == "same"
    with pytest.raises(InputError, match="made from other data"):
        Reproduction(kept.path, {"data": "b"}, "same")
