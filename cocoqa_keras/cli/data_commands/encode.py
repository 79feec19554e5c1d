"""cocoqa-data encode: from text to the files that training reads."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from cocoqa_keras.cli.options import DEFAULT_DATA
from cocoqa_keras.cli.output import print_values


def encode(
    source: Annotated[
        Path, Argument(help="The COCO-QA text release: train/ and test/ with questions.txt and so on.")
    ],
    output: Annotated[Path, Argument(help="Folder for the encoded data.")] = DEFAULT_DATA,
    image_index: Annotated[
        Path | None, Option(help="imgid_dict.pkl of existing image features, so that the rows match.")
    ] = None,
) -> None:
    """Encode the COCO-QA text release into the files that training reads."""
    from cocoqa_keras.data.encode import encode_cocoqa

    summary = encode_cocoqa(source, output, image_index)
    print(f"{output}:")
    print_values({name.replace("_", " "): value for name, value in asdict(summary).items()})
