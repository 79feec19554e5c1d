"""cocoqa-data encode: from text to the files that training reads."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from cocoqa_keras.cli.next_steps import print_next, training_on
from cocoqa_keras.cli.options import DEFAULT_DATA
from cocoqa_keras.cli.output import print_line, print_values
from cocoqa_keras.data.daquar import AnswerChoice
from cocoqa_keras.data.features_file import INDEX_FILE


def encode(
    source: Annotated[
        Path,
        Argument(
            help="The COCO-QA text release (a folder with train/questions.txt), DAQUAR (qa.*.train.txt), VQA "
            "(*questions.json and *annotations.json), or questions of your own (.jsonl or .csv with the "
            "fields question, answer, image and, as you like, type, split)."
        ),
    ],
    output: Annotated[Path, Argument(help="Folder for the encoded data.")] = DEFAULT_DATA,
    image_index: Annotated[
        Path | None,
        Option(
            help="imgid_dict.pkl of existing image features, so that the rows match; by default the one in "
            "the folder above the encoded data, where there is one."
        ),
    ] = None,
    min_count: Annotated[
        int, Option(min=1, help="Words that are rarer in the training questions are UNK.")
    ] = 1,
    top_answers: Annotated[
        int | None,
        Option(
            min=1,
            help="Keep the most frequent answers only; training and validation questions with others are "
            "left out, test questions stay.",
        ),
    ] = None,
    answers: Annotated[
        AnswerChoice | None,
        Option(
            help="DAQUAR: questions with several answers are left out (single, the default), have the first "
            "one (first) or all as one (join)."
        ),
    ] = None,
    held_out: Annotated[
        float | None,
        Option(
            min=0,
            max=0.4,
            help="Questions of your own: the share of each part, validation and test, that no 'split' names "
            "(0.1 by default). Questions about one image stay together.",
        ),
    ] = None,
    per_type: Annotated[
        bool,
        Option(
            "--per-type",
            help="Also write OUTPUT-object, OUTPUT-number, ...: a data set per type, with the same ids.",
        ),
    ] = False,
    replace: Annotated[bool, Option("--replace", help="Replace the data set that OUTPUT holds.")] = False,
) -> None:
    """Encode questions into the files that training reads."""
    from cocoqa_keras.data.dataset import read_image_names
    from cocoqa_keras.data.encode import (
        check_free,
        choose_encoding,
        write_encoded,
        write_encoded_per_type,
    )
    from cocoqa_keras.data.sources import read_source

    if not replace:
        check_free(output, per_type)
    parts = read_source(source, answers=answers, held_out=held_out)
    beside_features = output.parent / INDEX_FILE
    if image_index is None and beside_features.is_file():
        image_index = beside_features
        print_line(f"Images are numbered as in {image_index}")
    image_names = None if image_index is None else read_image_names(image_index)
    encoding = choose_encoding(parts, image_names, min_count, top_answers)
    write_encoded(output, encoding)
    print_line(f"{output}:")
    print_values(encoding.sizes())
    if per_type:
        for folder in write_encoded_per_type(output, encoding):
            print_line(f"{folder}: the questions of one type")
    print_next(("cocoqa-data", "verify", output), training_on(output))
