"""cocoqa-reproduce: the paper's table."""

import contextlib
import io
import json
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from refusal import refused

from cocoqa_keras.cli.reproduce import main
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.digests import sha256_of
from cocoqa_keras.locks import locked
from cocoqa_keras.training.reporter import Reporter

QUICK = ["--data", "cocoqa", "--epochs", "1"]


@pytest.fixture(scope="module")
def original(tiny_original, tmp_path_factory):
    """A folder with the tiny data and the rows GUESS and BOW made there, and what was printed."""
    folder = shutil.copytree(tiny_original, tmp_path_factory.mktemp("made"), dirs_exist_ok=True)
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()) as printed:
        assert main([*QUICK, "--rows", "guess,bow"]) == 0
    return folder, printed.getvalue()


@pytest.fixture
def made(original, tmp_path, monkeypatch):
    """A copy of it as the working folder."""
    monkeypatch.chdir(shutil.copytree(original[0], tmp_path / "made"))


def test_the_table_has_the_papers_figures_and_ours(original, made):
    printed = original[1]
    table, _, _ = Path("reproduction/table.md").read_text().partition("\n\n")
    lines = [line.split("|") for line in table.splitlines()]
    heads, _, *rows = [[cell.strip() for cell in line[1:-1]] for line in lines]
    guess_paper, _, bow_paper, bow_ours = [dict(zip(heads, row, strict=True)) for row in rows]
    assert guess_paper["row"] == "GUESS"
    assert guess_paper["WUPS 0.9"] == "0.1837"
    assert bow_paper["rate"] == "0.3752"
    assert bow_ours["epochs"] == "1 + 1"
    assert bow_ours["rate"] in printed
    result = next(Path("results").glob("bow-2*/result.txt")).read_text()
    assert f"rate: {bow_ours['rate']}\n" in result
    difference = float(bow_ours["rate"]) - 0.3752
    assert float(bow_ours["ours - paper"]) == pytest.approx(difference, abs=1e-4)
    low, high = map(float, bow_ours["95 %"].split(", "))
    assert low <= difference <= high
    kept = json.loads(Path("reproduction/table.json").read_text())["rows"]
    assert kept["BOW"]["0"]["figures"]["rate"] == pytest.approx(float(bow_ours["rate"]), abs=1e-4)
    assert Path("reproduction/table.png").stat().st_size > 10_000


def test_a_table_that_another_process_makes_is_refused(tiny, capsys):
    with locked("reproduction"):
        error = refused(main, [*QUICK, "--rows", "GUESS"], capsys)
    assert error == "error: reproduction is in use by another process; wait until it has ended\n"


def test_what_is_done_is_not_done_again(made, capsys):
    arguments = [*QUICK, "--rows", "GUESS,BOW"]
    runs = sorted(Path("results").iterdir())
    table = Path("reproduction/table.md").read_text()

    # The row is in the table.
    assert main(arguments) == 0
    assert "\nN:" not in capsys.readouterr().out

    # The row is lost, its run is there.
    Path("reproduction/table.json").unlink()
    assert main(arguments) == 0
    assert "\nN:" not in capsys.readouterr().out
    assert sorted(Path("results").iterdir()) == runs
    assert Path("reproduction/table.md").read_text() == table

    # Stopped after the first round.
    Path("reproduction/table.json").unlink()
    second = next(path for path in runs if not path.name.startswith("bow-v-"))
    for path in second.iterdir():
        if path.is_file():
            path.unlink()
    assert main(arguments) == 0
    assert capsys.readouterr().out.count("\nN:") == 1
    assert "1 + 1" in Path("reproduction/table.md").read_text()


def test_a_round_that_was_cut_short_is_gone_on_with(tiny, capsys, monkeypatch):
    def press_ctrl_c(reporter, title, done, total):
        if title.startswith("epoch"):
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(Reporter, "progress", press_ctrl_c)
        assert main([*QUICK, "--rows", "BOW"]) == 130
    (begun,) = Path("results").iterdir()
    assert main([*QUICK, "--rows", "BOW"]) == 0
    assert f"{begun}: going on in epoch 0, step 1" in capsys.readouterr().out
    assert len(list(Path("results").iterdir())) == 2


def test_rows_of_other_features_are_made_anew(tiny, capsys):
    arguments = [*QUICK, "--rows", "IMG+BOW"]
    assert main(arguments) == 0
    digest = sha256_of(Path("hidden_oxford_mscoco.h5"))
    with SparseFeatures("hidden_oxford_mscoco.h5") as features:
        write_features("other.h5", features.read(np.arange(len(features))) * 0.01)
    other = [*arguments, "--features", "other.h5"]
    assert "table.json: made from other image features" in refused(main, other, capsys)
    capsys.readouterr()

    assert main([*other, "--output", "new"]) == 0
    assert capsys.readouterr().out.count("\nN:") == 2
    digests = [
        json.loads(path.read_text())["data"]["features_sha256"] for path in Path("results").glob("*/run.json")
    ]
    assert sorted(digests) == sorted([digest, sha256_of(Path("other.h5"))] * 2)

    # A row without images does not ask what the others were made from, and leaves that as it is.
    assert main([*other, "--rows", "GUESS"]) == 0
    kept = json.loads(Path("reproduction/table.json").read_text())
    assert list(kept["rows"]) == ["IMG+BOW", "GUESS"]
    assert kept["features_sha256"] == digest


def test_several_seeds_give_mean_and_spread(made, capsys):
    assert main([*QUICK, "--rows", "BOW", "--seeds", "2"]) == 0
    out = capsys.readouterr().out
    results = json.loads(Path("reproduction/table.json").read_text())["rows"]["BOW"]
    rates = [results[seed]["figures"]["rate"] for seed in ("0", "1")]
    assert f"{min(rates) - 0.3752:+.4f}, {max(rates) - 0.3752:+.4f}" in out
    assert f" {sum(rates) / 2:.4f} " in out


def test_rows_that_need_images_are_left_out_with_a_reason(made, capsys):
    Path("hidden_oxford_mscoco.h5").unlink()
    assert main(QUICK) == 0
    out = capsys.readouterr().out
    assert "K-NN is left out: there are no image features" in out
    assert "FULL is left out" in out
    assert out.count("0.0730") == 1
    # COCO-QA's features do not go with these images.
    assert out.endswith("Next: cocoqa-data download --output authors\n")


def test_a_row_that_is_asked_for_and_cannot_be_made_is_refused(tiny, capsys):
    Path("hidden_oxford_mscoco.h5").unlink()
    message = refused(main, [*QUICK, "--rows", "GUESS,K-NN"], capsys)
    assert "--rows GUESS,K-NN: K-NN cannot be made: there are no image features" in message


def test_rows_that_were_made_before_stay_in_the_table(made, capsys):
    assert main([*QUICK, "--rows", "GUESS"]) == 0
    assert "BOW" in capsys.readouterr().out
    assert "| BOW |" in Path("reproduction/table.md").read_text()


def test_it_is_told_that_these_data_are_not_the_papers(made, capsys):
    assert main([*QUICK, "--rows", "GUESS"]) == 0
    note = "is not COCO-QA: the differences from the paper tell nothing of a model"
    assert note in capsys.readouterr().out
    assert note in Path("reproduction/table.md").read_text()


@pytest.mark.slow
def test_every_row_can_be_made(made, capsys):
    assert main(QUICK) == 0
    rows = json.loads(Path("reproduction/table.json").read_text())["rows"]
    assert list(rows) == [
        "GUESS", "BOW", "LSTM", "IMG", "IMG+PRIOR", "K-NN", "IMG+BOW", "VIS+LSTM", "2-VIS+BLSTM", "FULL"
    ]  # fmt: skip
    assert all(0 <= row["0"]["figures"]["rate"] <= 1 for row in rows.values())
    runs = {path.name.rsplit("-", 2)[0] for path in Path("results").iterdir()}
    assert {"img-object", "img-color", "img_bow", "2_vis_blstm-v"} <= runs


def test_a_table_of_other_data_is_not_mixed_with_this(tiny, capsys):
    assert main([*QUICK, "--rows", "GUESS"]) == 0
    before = Path("reproduction/table.json").read_bytes()
    error = refused(main, ["--data", "cocoqa", "--epochs", "2", "--rows", "GUESS"], capsys)
    assert "another configuration; give another --output" in error
    Path("reproduction/table.json").write_bytes(before[:-20])
    assert "damaged; delete it" in refused(main, [*QUICK, "--rows", "GUESS"], capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rows", "GUESS,BOWW"], "no row 'BOWW'; there are GUESS, BOW, LSTM"),
        (["--paper", "daquar37", "--rows", "IMG"], "no row 'IMG'"),
        (["--data", "nowhere"], "nowhere"),
        (["--features", "nothing.h5"], "nothing.h5"),
    ],
)
def test_a_mistake_is_one_line(arguments, message, tiny, capsys):
    assert message in refused(main, [*QUICK, *arguments], capsys)


def test_data_without_a_validation_part_are_refused(tiny, capsys):
    Path("cocoqa/valid.npy").unlink()
    assert "there is no valid.npy" in refused(main, QUICK, capsys)
