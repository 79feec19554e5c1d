"""Options that the subcommands share."""

from pathlib import Path
from typing import Annotated

from typer import Option

Pictures = Annotated[
    Path | None,
    Option(
        "--pictures",
        metavar="DIR",
        help="Folder of the pictures; by default images, in the data folder or above it.",
    ),
]
Annotations = Annotated[
    Path | None,
    Option(
        "--annotations",
        metavar="FILE.json",
        help="Annotation file of MS-COCO, for the web addresses of pictures that are not there as files.",
    ),
]
Embed = Annotated[
    bool,
    Option("--embed", help="Put small copies of the pictures into the pages, instead of links to the files."),
]
TopK = Annotated[int, Option(min=1, help="How many answers of each model.")]
