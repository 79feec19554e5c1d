"""cocoqa-data info: what a data set holds."""

from pathlib import Path
from typing import Annotated

from typer import Argument

from cocoqa_keras.cli.options import DEFAULT_DATA
from cocoqa_keras.cli.output import print_values


def info(folder: Annotated[Path, Argument(help="Folder of the encoded data.")] = DEFAULT_DATA) -> None:
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
    print_values(sizes)
