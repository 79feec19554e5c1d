"""What all commands have in common, tried on the installed ones."""

import subprocess
import sys
from pathlib import Path

import pytest

from cocoqa_keras.cli import data, train
from cocoqa_keras.cli.command import command, run

COMMANDS = {"cocoqa-train": train, "cocoqa-data": data}
PROGRAMS = Path(sys.executable).parent


def call(program, *arguments, cwd):
    """Runs an installed command as a user's shell does."""
    return subprocess.run(
        [PROGRAMS / program, *arguments], cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize("program", COMMANDS)
def test_help_loads_nothing_heavy(program, tmp_path):
    module = COMMANDS[program].__name__
    code = (
        f"import sys; from {module} import main; code = main(['--help']); "
        "print(sorted({'tensorflow', 'keras', 'numpy', 'scipy', 'h5py', 'matplotlib'} & set(sys.modules)), code)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert result.stdout.startswith("Usage:")
    assert result.stdout.splitlines()[-1] == "[] 0"
    assert result.stderr == ""


@pytest.mark.parametrize("program", COMMANDS)
def test_installed_command_shows_its_help(program, tmp_path):
    result = call(program, "--help", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert program in result.stdout


@pytest.mark.parametrize(
    ("program", "arguments", "message"),
    [
        ("cocoqa-train", ["img_bowl"], "error: no model file img_bowl (did you mean 'img_bow'?)"),
        ("cocoqa-train", ["bow", "--epocs", "3"], "--epochs"),
        ("cocoqa-train", [], "spec"),
        ("cocoqa-data", [], "Missing command"),
        ("cocoqa-data", ["inf"], "inf"),
        ("cocoqa-data", ["info", "nowhere"], "nowhere/train.npy is missing"),
    ],
)
def test_installed_command_answers_a_mistake_with_one_line(program, arguments, message, tmp_path):
    result = call(program, *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert not list(tmp_path.iterdir())


def test_installed_command_trains_without_a_word_on_stderr(tiny):
    result = call("cocoqa-train", "img_bow", "--data", "cocoqa", "--epochs", "1", "--one-round", cwd=tiny)
    assert (result.returncode, result.stderr) == (0, "")
    (folder,) = (tiny / "results").iterdir()
    assert (folder / "result.txt").read_text().splitlines() == result.stdout.splitlines()[-6:]


def test_what_is_not_the_users_mistake_keeps_its_traceback():
    def broken():
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        run(command(broken), [])


def test_interrupted_command_says_so(capsys):
    def interrupted():
        raise KeyboardInterrupt

    assert run(command(interrupted), []) == 130
    assert capsys.readouterr().err == "error: interrupted\n"
