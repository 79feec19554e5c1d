"""Trainings that are killed and resumed end as if nothing had happened."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
MODEL = (
    "img_bow",
    "--epochs",
    "5",
    "--checkpoint-minutes",
    "0",
    "--set",
    "batchSize=5",
    "--set",
    "plotFigs=false",
)


@pytest.mark.slow
def test_twenty_kills(tiny_folder, tmp_path):
    often = ("--checkpoint-minutes", "0")
    arguments = [*MODEL, *often, "--data", tiny_folder, "--no-export", "--no-tensorboard"]
    soak = [sys.executable, "-m", "benchmarks.soak", "--kills", "20", "--folder", tmp_path, "--", *arguments]
    result = subprocess.run(list(map(str, soak)), cwd=TREE, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "20 kills, each resumed to the same 10 files" in result.stdout
    kills = re.findall(r"round (\d), in training", result.stdout)
    assert {"1", "2"} <= set(kills)
