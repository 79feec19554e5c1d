"""What all commands have in common, tried on the installed ones."""

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import h5py
import numpy as np
import pytest

from cocoqa_keras.cli import data, demo, evaluate, export, predict, report, reproduce, serve, train
from cocoqa_keras.cli.command import command, run
from cocoqa_keras.errors import InputError
from cocoqa_keras.models.zoo import find_model

COMMANDS = {
    "cocoqa-data": data,
    "cocoqa-demo": demo,
    "cocoqa-evaluate": evaluate,
    "cocoqa-export": export,
    "cocoqa-predict": predict,
    "cocoqa-report": report,
    "cocoqa-reproduce": reproduce,
    "cocoqa-serve": serve,
    "cocoqa-train": train,
}
PROGRAMS = Path(sys.executable).parent


def call(program, *arguments, cwd):
    """Runs an installed command as a user's shell does."""
    return subprocess.run(
        [PROGRAMS / program, *arguments], cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )


def loaded_by(program, *arguments, cwd):
    """Runs a command in a new process: its result, and which slow packages it has loaded by its end."""
    code = f"""
import sys
from {COMMANDS[program].__name__} import main
code = main({list(arguments)})
print(*{{"tensorflow", "keras", "numpy", "scipy", "h5py", "matplotlib"}}.intersection(sys.modules))
sys.exit(code)
"""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )
    return result, set(result.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("program", COMMANDS)
def test_help_loads_nothing_slow(program, tmp_path):
    result, loaded = loaded_by(program, "--help", cwd=tmp_path)
    assert result.stdout.startswith("Usage:")
    assert (result.returncode, result.stderr) == (0, "")
    assert not loaded


def test_damaged_features_are_told_before_tensorflow_is_loaded(tiny):
    Path("hidden_oxford_mscoco.h5").write_bytes(b"damaged")
    result, loaded = loaded_by("cocoqa-train", "img_bow", "--data", "cocoqa", cwd=tiny)
    assert result.returncode == 2
    assert "not an HDF5 file" in result.stderr
    assert not loaded & {"tensorflow", "keras"}


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("cocoqa-evaluate", ["nowhere"]),
        ("cocoqa-export", ["nowhere"]),
        ("cocoqa-predict", ["nowhere", "--question", "what"]),
        ("cocoqa-report", ["html", "nowhere"]),
        ("cocoqa-demo", ["nowhere"]),
    ],
)
def test_a_folder_that_is_no_run_is_told_before_tensorflow_is_loaded(program, arguments, tmp_path):
    result, loaded = loaded_by(program, *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.startswith("error: nowhere ")
    assert not loaded & {"tensorflow", "keras"}


@pytest.mark.parametrize(
    ("program", "arguments", "message"),
    [
        ("cocoqa-train", ["bow", "--data", "cocoqa", "--output", "/proc/x"], "cannot write to /proc/x: "),
        ("cocoqa-train", ["bow", "--data", "cocoqa", "--weights-from", "no.npy"], "no.npy: no such file"),
        ("cocoqa-train", ["bow", "--data", "cocoqa", "--strategy", "multi_worker"], "TF_CONFIG is not set"),
        ("cocoqa-train", ["--resume", "nowhere"], "nowhere; check the path"),
        (
            "cocoqa-predict",
            ["run", "--question", "what"],
            "img_bow answers about an image; name one with --im",
        ),
        ("cocoqa-predict", ["run", "--question", " ?", "--image", "1"], "--question ' ?' has no words"),
        ("cocoqa-evaluate", ["run", "--data", "nowhere"], "no folder nowhere; check the path"),
        ("cocoqa-evaluate", ["run", "--output", "cocoqa"], "cocoqa exists and is not one of cocoqa-evaluate"),
        ("cocoqa-export", ["run", "--output", "cocoqa"], "cocoqa exists and is not a SavedModel"),
    ],
)
def test_a_mistake_that_can_be_seen_is_told_before_tensorflow_is_loaded(program, arguments, message, tiny):
    Path("run").mkdir()
    Path("run/model.keras").touch()
    shutil.copy(find_model("img_bow"), "run/run.model.yml")
    result, loaded = loaded_by(program, *arguments, cwd=tiny)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert not loaded & {"tensorflow", "keras"}
    assert not list(tiny.glob("results*"))


@pytest.mark.parametrize("program", COMMANDS)
def test_every_command_tells_its_version(program, capsys):
    assert COMMANDS[program].main(["--version"]) == 0
    assert capsys.readouterr() == (f"cocoqa_keras {version('cocoqa-keras')}\n", "")


@pytest.mark.parametrize("program", ["cocoqa-data", "cocoqa-report"])
def test_what_subcommands_do_is_told_to_the_end(program, capsys):
    assert COMMANDS[program].main(["--help"]) == 0
    assert "..." not in capsys.readouterr().out.replace("ARGS]...", "")


def test_output_that_nobody_reads_is_no_error(tmp_path):
    with subprocess.Popen(
        [PROGRAMS / "cocoqa-train", "--help"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_output_on_a_full_disk_is_one_line(tmp_path):
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [PROGRAMS / "cocoqa-data", "download", "--list"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert result.stderr == "error: cannot write all output: No space left on device; free some space\n"
    assert result.returncode == 2


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
        ("cocoqa-train", [], "give a model"),
        ("cocoqa-data", [], "Missing command"),
        ("cocoqa-data", ["inf"], "inf"),
        ("cocoqa-data", ["info", "nowhere"], "error: no folder nowhere; check the path"),
        ("cocoqa-train", ["bow", "--strategy", "mirored"], "'--strategy': 'mirored' is not one of 'none',"),
        ("cocoqa-train", ["bow", "--strategy", "mirored"], "Did you mean 'mirrored'?"),
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
    figures = (folder / "result.txt").read_text().splitlines()
    told, offered = result.stdout.split("Next: ")
    assert told.splitlines()[-len(figures) :] == figures
    assert offered.startswith(f"cocoqa-evaluate results/{folder.name}\n")


def test_installed_command_answers_bad_features_with_one_line(tiny):
    with h5py.File("hidden_oxford_mscoco.h5", "r+") as file:
        file["hidden7_data"][0] = np.nan
    result = call("cocoqa-train", "img_bow", "--data", "cocoqa", "--epochs", "1", cwd=tiny)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "row 0 (image id 1) has a value that is not finite" in result.stderr
    assert not list(tiny.glob("results/*"))


def test_what_is_not_the_users_mistake_keeps_its_traceback():
    def broken():
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        run(command(broken), [])


def test_an_error_cannot_steer_the_terminal(capsys):
    def refuses():
        raise InputError("a file said \x1b[2J\x1b]0;title\x07 over\ntwo lines")

    assert run(command(refuses), []) == 2
    assert capsys.readouterr().err == "error: a file said \\x1b[2J\\x1b]0;title\\x07 over two lines\n"


def test_interrupted_command_says_so(capsys):
    def interrupted():
        raise KeyboardInterrupt

    assert run(command(interrupted), []) == 130
    assert capsys.readouterr().err == "error: interrupted\n"
