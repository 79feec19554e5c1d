"""The last lines of a command: commands that can be pasted into a shell."""

import shlex
import shutil
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from success import done

from cocoqa_keras.cli import data, evaluate, export, reproduce
from cocoqa_keras.cli.command import command
from cocoqa_keras.cli.next_steps import comparison_of_runs, print_next
from cocoqa_keras.reproduce.published import FEATURE_ROWS


def next_commands(printed):
    """The commands that the last lines offer, each as its words."""
    _, next_, lines = printed.rpartition("Next: ")
    assert next_
    return [shlex.split(line) for line in lines.splitlines()]


def module_of(words):
    return import_module(f"cocoqa_keras.cli.{words[0].removeprefix('cocoqa-')}")


def check_use(words):
    """The command is there, and takes these arguments."""
    module, (name, *arguments) = module_of(words), words
    if hasattr(module, "app"):
        subcommand, *arguments = arguments
        parser = typer.main.get_command(module.app).commands[subcommand]
    else:
        parser = typer.main.get_command(command(getattr(module, name.removeprefix("cocoqa-"))))
    parser.make_context(name, arguments)


@pytest.fixture
def run(img_bow, tiny):
    """A copy of a run that is not exported, in a folder whose name a shell would take apart."""
    left_out = shutil.ignore_patterns("saved_model")
    return Path(shutil.copytree(img_bow, f"runs & more/{img_bow.name}", ignore=left_out))


def test_commands_have_a_line_each_and_words_are_quoted_for_the_shell(capsys):
    print_next(("cocoqa-evaluate", Path("a b/it's")), ("cocoqa-predict", "--question", "why?", "--image", 1))
    assert capsys.readouterr().out == (
        "Next: cocoqa-evaluate 'a b/it'\"'\"'s'\n      cocoqa-predict --question 'why?' --image 1\n"
    )
    print_next()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("model", ["bow", "img_bow"])
def test_what_training_offers_can_be_run(model, tiny, capsys):
    from cocoqa_keras.cli import train

    options = ["--data", "cocoqa", "--output", "my runs", "--epochs", "1", "--one-round", "--no-export"]
    settings = ["--set", "batchSize=16", "--set", "plotFigs=false", "--no-tensorboard"]
    commands = next_commands(done(train.main, [model, *options, *settings], capsys))
    assert [words[0] for words in commands] == ["cocoqa-evaluate", "cocoqa-predict", "cocoqa-report"]
    for words in commands:
        assert module_of(words).main(words[1:]) == 0
    assert list(Path("my runs").glob("*/report/index.html"))


def test_what_other_commands_offer_is_right_use(run, tiny, capsys):
    other = Path(shutil.copytree(run, "other"))
    Path("mine.jsonl").write_text('{"question": "what is it", "answer": "cat", "image": "102"}\n' * 20)
    for main, arguments, expected in [
        (evaluate.main, [run, "--data", "cocoqa"], [["cocoqa-report", "html", str(run)]]),
        (
            evaluate.main,
            [run, "--data", "cocoqa", "--against", other],
            [["cocoqa-report", "compare", f"{run.name}={run}", "other=other"]],
        ),
        (export.main, [run], [["cocoqa-serve", f"{run}/saved_model"]]),
        (
            evaluate.main,
            [run, "--data", "cocoqa"],
            [["cocoqa-report", "html", str(run)], ["cocoqa-demo", str(run)]],
        ),
        (
            data.main,
            ["encode", "mine.jsonl", "new data/mine", "--held-out", "0"],
            [
                ["cocoqa-data", "verify", "new data/mine"],
                ["cocoqa-train", "bow", "--data", "new data/mine"],
            ],
        ),
        (
            data.main,
            ["encode", "mine.jsonl", "mine", "--held-out", "0"],
            [["cocoqa-data", "verify", "mine"], ["cocoqa-train", "img_bow", "--data", "mine"]],
        ),
    ]:
        commands = next_commands(done(main, arguments, capsys))
        assert commands == expected
        for words in commands:
            check_use(words)


def test_runs_are_compared_where_both_were_tested_under_names_that_can_be_told(run):
    other = Path(shutil.copytree(run, "rate=0.1"))
    assert comparison_of_runs(run, other) == [
        ("cocoqa-report", "compare", f"{run.name}={run}", "rate-0.1=rate=0.1")
    ]
    assert comparison_of_runs(run, run) == []
    (other / "predictions.jsonl").unlink()
    assert comparison_of_runs(run, other) == []


@pytest.mark.parametrize(
    ("images", "command"), [(FEATURE_ROWS, "download features --output"), (6, "download --output")]
)
def test_a_table_without_images_offers_the_features_that_fit(images, command):
    words = list(
        map(str, reproduce._way_to_features(SimpleNamespace(image_count=images, folder=Path("a/b"))))
    )
    check_use(words)
    assert f"cocoqa-data {command}" in " ".join(words)


def test_json_has_no_last_lines(run, capsys):
    assert "Next:" not in done(evaluate.main, [run, "--data", "cocoqa", "--json"], capsys)
