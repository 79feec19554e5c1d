"""cocoqa-data download: the authors' files."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from cocoqa_keras.cli.next_steps import print_next, training_on
from cocoqa_keras.cli.output import print_line, print_values
from cocoqa_keras.errors import InputError

if TYPE_CHECKING:
    from cocoqa_keras.data.manifest import Download


def download(
    names: Annotated[
        list[str] | None, Argument(metavar="NAME", help="What to fetch (see --list); by default everything.")
    ] = None,
    output: Annotated[Path, Option(help="Folder for the files.")] = Path("data"),
    from_: Annotated[
        Path | None,
        Option("--from", metavar="FOLDER", help="Take the files from a folder, fetched by hand."),
    ] = None,
    list_: Annotated[bool, Option("--list", help="Say what there is, and fetch nothing.")] = False,
) -> None:
    """Fetch the authors' data: encoded questions, image features, and the questions as text.

    What is there and whole is not fetched again. A download that broke off goes on where it stopped. Digests
    of what came are kept in downloads.json, and what comes later has to agree with them.
    """
    from cocoqa_keras.data import download as downloads
    from cocoqa_keras.data.manifest import load_manifest
    from cocoqa_keras.training.reporter import reporter_for

    manifest = load_manifest()
    for name in names or manifest:
        if name not in manifest:
            raise InputError(f"no download {name!r}; there are {', '.join(manifest)}")
    for name in names or manifest:
        entry = manifest[name]
        if list_:
            _describe(name, entry)
            continue
        with reporter_for(True, in_tenths=True, in_bytes=True) as reporter:
            came = downloads.download(name, entry, output, from_, partial(reporter.progress, entry.file))
        place = output / (entry.archive.folder if entry.archive else entry.file)
        print_line(f"{place}: {entry.title}{'' if came else ' (was there already)'}")
    if not list_:
        _print_next(output / manifest["encoded"].archive.folder, output / manifest["text"].archive.folder)


def _print_next(encoded: Path, text: Path) -> None:
    if encoded.is_dir():
        print_next(("cocoqa-data", "verify", encoded), training_on(encoded))
    elif text.is_dir():
        print_next(("cocoqa-data", "encode", text, encoded))


def _describe(name: str, entry: "Download") -> None:
    from rich import filesize

    print_line(f"{name}: {entry.title}")
    print_values(
        {
            "size": f"about {filesize.decimal(entry.size or entry.approximate_size)}",
            "files": ", ".join(entry.paths),
            "from": ", ".join(entry.urls),
            "licence": entry.licence,
            "to cite": entry.citation,
        }
    )
