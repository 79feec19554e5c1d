"""cocoqa-data: makes and inspects data sets."""

from cocoqa_keras.cli.command import group, run
from cocoqa_keras.cli.data_commands.demo import demo
from cocoqa_keras.cli.data_commands.download import download
from cocoqa_keras.cli.data_commands.encode import encode
from cocoqa_keras.cli.data_commands.features import features
from cocoqa_keras.cli.data_commands.info import info
from cocoqa_keras.cli.data_commands.verify import verify

app = group("Make and inspect data sets.", download, encode, features, info, verify, demo)


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run(app, argv)
