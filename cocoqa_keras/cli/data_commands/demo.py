"""cocoqa-data demo: the built-in data set."""

from pathlib import Path
from typing import Annotated

from typer import Option

from cocoqa_keras.cli.next_steps import print_next, training_on
from cocoqa_keras.cli.output import print_line


def demo(
    output: Annotated[
        Path | None, Option(help="Folder to put a copy in; by default only the cache of this program.")
    ] = None,
) -> None:
    """Make the demo data: drawn pictures, questions about them, features computed from the pixels."""
    from cocoqa_keras.data.demo import build_demo, demo_folder

    if output is None:
        output = demo_folder()
    else:
        build_demo(output)
    print_line(
        f"{output}: pictures in images/, image features in hidden_oxford_mscoco.h5, encoded data in cocoqa/"
    )
    print_next(("cocoqa-data", "info", output / "cocoqa"), training_on(output / "cocoqa"))
