"""cocoqa-data: makes and inspects data sets."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from cocoqa_keras.cli.command import run

app = typer.Typer(
    help="Make and inspect data sets.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command()
def encode(
    source: Annotated[
        Path, Argument(help="The COCO-QA text release: train/ and test/ with questions.txt and so on.")
    ],
    output: Annotated[Path, Argument(help="Folder for the encoded data.")] = Path("data/cocoqa"),
    image_index: Annotated[
        Path | None, Option(help="imgid_dict.pkl of existing image features, so that the rows match.")
    ] = None,
) -> None:
    """Encode the COCO-QA text release into the files that training reads."""
    from cocoqa_keras.data.encode import encode_cocoqa

    summary = encode_cocoqa(source, output, image_index)
    print(f"{output}:")
    _print_table({name.replace("_", " "): value for name, value in asdict(summary).items()})


@app.command()
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
    print(
        f"{output}: pictures in images/, image features in hidden_oxford_mscoco.h5, encoded data in cocoqa/"
    )


@app.command()
def info(folder: Annotated[Path, Argument(help="Folder of the encoded data.")] = Path("data/cocoqa")) -> None:
    """Check an encoded data set, and print its sizes."""
    from cocoqa_keras.data.dataset import load_dataset

    dataset = load_dataset(folder)
    sizes = {f"{name} examples": len(split) for name, split in dataset.splits()}
    sizes |= {
        "question words": dataset.vocabulary_size,
        "answers": dataset.answer_count,
        "images": dataset.image_count,
        "words per question": dataset.words_per_question,
        "sha256": dataset.fingerprint(),
    }
    _print_table(sizes)


def _print_table(values: dict[str, int | str]) -> None:
    width = max(map(len, values))
    for name, value in values.items():
        print(f"  {name:<{width}}  {value}")


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run(app, argv)
