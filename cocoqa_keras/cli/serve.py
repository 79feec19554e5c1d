"""cocoqa-serve: a trained model behind an HTTP address."""

import re
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from cocoqa_keras.cli.command import command, quiet_native_code, run
from cocoqa_keras.cli.output import print_line
from cocoqa_keras.cli.run_folder import find_saved_model
from cocoqa_keras.cli.until_stopped import until_stopped
from cocoqa_keras.errors import InputError


def serve(
    model: Annotated[Path, Argument(help="A SavedModel, or a run folder that holds one.")],
    port: Annotated[int, Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8501,
    host: Annotated[
        str, Option(help="Address to listen on; the default is reached from this machine only.")
    ] = "127.0.0.1",
    name: Annotated[str, Option(help="Name of the model in the address.")] = "cocoqa",
) -> None:
    """Answer questions over HTTP, with the REST API of TensorFlow Serving, until Ctrl-C.

    For trying a model out and for small services; TensorFlow Serving itself loads the same SavedModel.
    A SavedModel is a program: serve only those that you trust.
    Try it: cocoqa-serve RUN, then curl http://127.0.0.1:8501/v1/models/cocoqa/metadata
    """
    if not re.fullmatch(r"[\w.-]+", name, re.ASCII):
        raise InputError(f"--name {name}: use letters, digits, and _ . - only")
    folder = find_saved_model(model)
    with quiet_native_code():
        from cocoqa_keras.export.server import ModelServer, ServedModel

        served = ServedModel(folder, name)
    with until_stopped(), ModelServer(served, host, port) as server:
        print_line(f"{folder}: {server.url} (Ctrl-C ends it)")
        server.serve_forever()


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run(command(serve), argv)
