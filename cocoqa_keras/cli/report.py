"""cocoqa-report: shows what models answer."""

import typer

from cocoqa_keras.cli.command import run
from cocoqa_keras.cli.report_commands.ask import ask
from cocoqa_keras.cli.report_commands.compare import compare
from cocoqa_keras.cli.report_commands.html import html
from cocoqa_keras.cli.report_commands.latex import latex

app = typer.Typer(
    help="Show what models answer.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for subcommand in (html, compare, latex, ask):
    app.command()(subcommand)


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run(app, argv)
