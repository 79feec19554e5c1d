"""What a command does about a user's mistake."""

from pathlib import Path


def refused(main, arguments, capsys):
    """The one line that a command ends with in exit code 2; it must leave the working folder as it was."""
    before = snapshot()
    assert main([str(argument) for argument in arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert snapshot() == before
    return error


def snapshot():
    """The files of the working folder with their content, and its folders that are not empty."""
    return {
        path: path.read_bytes() if path.is_file() else None
        for path in Path().rglob("*")
        if path.is_file() or any(path.iterdir())
    }
