"""cocoqa-data verify: whether training can rely on a data set."""

from pathlib import Path

import numpy as np

from cocoqa_keras.cli.data import main
from cocoqa_keras.data.features_writer import write_features


def verified(arguments, capsys):
    """The exit code, the outcome of each check, and what was told as an error."""
    code = main(["verify", *arguments])
    output = capsys.readouterr()
    lines = [line.split(maxsplit=1) for line in output.out.splitlines()]
    return code, {rest.split(": ")[0]: outcome for outcome, rest in lines}, output.err


def test_verify_tells_a_line_a_check(tiny, capsys):
    code, outcomes, error = verified(["cocoqa"], capsys)
    assert code == 0
    assert error == ""
    assert outcomes["ids"] == outcomes["features' values"] == "ok"
    assert outcomes["parts by image"] == "warning"  # the tiny data set has six images
    assert len(outcomes) == 23


def test_verify_ends_with_the_first_failure_in_one_line(tiny, capsys):
    np.save("cocoqa/test.npy", np.zeros(3))
    Path("cocoqa/ansdict.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    code, outcomes, error = verified(["cocoqa"], capsys)
    assert code == 2
    assert [check for check, outcome in outcomes.items() if outcome == "FAILED"] == [
        "answers",
        "test examples",
    ]
    assert outcomes["contents"] == "skipped"
    assert error.startswith("error: answers: cocoqa/ansdict.pkl")
    assert error.endswith("(and 1 more failed)\n")
    assert error.count("\n") == 1


def test_verify_takes_other_features(tiny, capsys):
    write_features("others.h5", np.eye(5))
    code, outcomes, error = verified(["cocoqa", "--features", "others.h5"], capsys)
    assert code == 2
    assert outcomes["features' images"] == "FAILED"
    assert "others.h5: it has 5 rows, and the data have 6 images" in error


def test_verify_refuses_a_folder_without_data(tiny, capsys):
    code, outcomes, error = verified([], capsys)
    assert code == 2
    assert outcomes == {"files": "FAILED", "contents": "skipped", "features": "skipped"}
    assert "no folder data/cocoqa; check the path" in error


def test_verify_shows_escapes_instead_of_characters_that_steer_a_terminal(tiny, capsys):
    Path("cocoqa/qdict.pkl").write_bytes(b"(dS'\\x1b[2J'\nI9\ns.")
    assert main(["verify", "cocoqa"]) == 2
    output = capsys.readouterr()
    assert "\x1b" not in output.out + output.err
