"""cocoqa-report: shows what models answer."""

from cocoqa_keras.cli.command import group, run
from cocoqa_keras.cli.report_commands.ask import ask
from cocoqa_keras.cli.report_commands.compare import compare
from cocoqa_keras.cli.report_commands.html import html
from cocoqa_keras.cli.report_commands.latex import latex

app = group("Show what models answer.", html, compare, latex, ask)


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run(app, argv)
