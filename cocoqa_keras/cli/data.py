"""cocoqa-data: makes and inspects data sets."""

import typer

from cocoqa_keras.cli.command import run
from cocoqa_keras.cli.data_commands.demo import demo
from cocoqa_keras.cli.data_commands.download import download
from cocoqa_keras.cli.data_commands.encode import encode
from cocoqa_keras.cli.data_commands.features import features
from cocoqa_keras.cli.data_commands.info import info
from cocoqa_keras.cli.data_commands.verify import verify

app = typer.Typer(
    help="Make and inspect data sets.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for subcommand in (download, encode, features, info, verify, demo):
    app.command()(subcommand)


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run(app, argv)
