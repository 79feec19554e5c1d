"""cocoqa-demo: a page in the browser to ask a trained model on."""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from cocoqa_keras.cli.command import command, run, start_tensorflow
from cocoqa_keras.cli.options import DataOfRun, FeaturesOfRun
from cocoqa_keras.cli.output import print_line
from cocoqa_keras.cli.run_folder import find_saved_model
from cocoqa_keras.cli.until_stopped import until_stopped
from cocoqa_keras.errors import InputError

if TYPE_CHECKING:
    from cocoqa_keras.demo_page.demonstrated_run import DemonstratedRun

PACKAGES = ("starlette", "uvicorn", "jinja2", "python_multipart")  # those of the extra `demo`


def demo(
    run_folder: Annotated[Path, Argument(metavar="RUN", help="Folder of a finished run.")],
    port: Annotated[int, Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8502,
    host: Annotated[
        str, Option(help="Address to listen on; the default is reached from this machine only.")
    ] = "127.0.0.1",
    pictures: Annotated[
        Path | None,
        Option(help="Folder of the pictures; by default images, in the data folder or above it."),
    ] = None,
    data: DataOfRun = None,
    features: FeaturesOfRun = None,
) -> None:
    """Ask a model in the browser, and see which words of the question mattered, until Ctrl-C.

    The run's SavedModel is a program: open only runs that you trust.
    Try it: cocoqa-demo RUN, then open http://127.0.0.1:8502
    """
    if not all(map(importlib.util.find_spec, PACKAGES)):
        raise InputError("the page needs more packages: pip install 'cocoqa-keras[demo]'")
    saved_model = find_saved_model(run_folder)
    start_tensorflow()
    from cocoqa_keras.demo_page.app import create_app
    from cocoqa_keras.demo_page.server import http_server
    from cocoqa_keras.listening import address_of, listen, names_of

    with listen(host, port) as listener:
        opened = _open_run(run_folder, saved_model, pictures, data, features)
        print_line(f"{opened.name}: {address_of(listener)} (Ctrl-C ends it)")
        with until_stopped():
            http_server(create_app(opened, names_of(listener, host))).run([listener])


def _open_run(
    folder: Path, saved_model: Path, pictures: Path | None, data: Path | None, features: Path | None
) -> "DemonstratedRun":
    """A run's SavedModel, with the images that it was trained on unless others are given."""
    from cocoqa_keras.demo_page.demonstrated_run import DemonstratedRun, open_images
    from cocoqa_keras.demo_page.questioner import Questioner
    from cocoqa_keras.training.run_files import find_data, read_spec, read_summary, read_vocabularies

    spec, summary = read_spec(folder), read_summary(folder)
    questioner = Questioner(saved_model, *read_vocabularies(folder))
    images, gallery = None, None
    if questioner.image_width is not None:
        places = find_data(folder, summary, data, features)
        images, gallery = open_images(spec, questioner.image_width, *places, pictures)
    elif features or pictures:
        raise InputError(f"{spec.name} takes no image; leave {features or pictures} out")
    return DemonstratedRun(
        name=folder.resolve().name,
        model_name=spec.name,
        test_rate=summary.test.get("rate"),
        questioner=questioner,
        images=images,
        gallery=gallery,
    )


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run(command(demo), argv)
