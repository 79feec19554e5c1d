"""cocoqa-data features: from pictures to the features that models take."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from cocoqa_keras.cli.command import quiet_native_code
from cocoqa_keras.cli.next_steps import print_next
from cocoqa_keras.cli.output import print_line


class OnCorrupt(StrEnum):
    """What to do about a picture that cannot be read."""

    STOP = "stop"
    SKIP = "skip"


def features(
    pictures: Annotated[
        Path, Argument(help="Folder of pictures (png, jpg, webp, gif, bmp), searched with the folders in it.")
    ],
    output: Annotated[Path, Argument(help="Folder for hidden_oxford_mscoco.h5 and imgid_dict.pkl.")] = Path(
        "data"
    ),
    extractor: Annotated[
        str,
        Option(
            help="vgg19, another network of keras.applications such as mobilenet_v2, or convolution_bank, "
            "which needs no weights."
        ),
    ] = "vgg19",
    weights: Annotated[
        Path | None,
        Option(help="Weights of the network (.weights.h5, or .h5 of keras.applications); else ImageNet's."),
    ] = None,
    batch_size: Annotated[int, Option(min=1, help="Pictures that are computed at a time.")] = 32,
    on_corrupt: Annotated[
        OnCorrupt, Option(help="Stop at a picture that cannot be read, or skip it.")
    ] = OnCorrupt.STOP,
    append: Annotated[bool, Option("--append", help="Add pictures to the features that OUTPUT has.")] = False,
) -> None:
    """Compute image features from pictures. Run it again to go on where it was stopped.

    An image is known by its file's name without the suffix, or by the number in names such as
    COCO_train2014_000000000042.jpg. `cocoqa-data encode --image-index OUTPUT/imgid_dict.pkl` numbers the
    images of questions by it.

    VGG-19's features are fc2 (fc7) after ReLU, other networks' the average of the last convolution. The
    shorter side of a picture becomes 256 pixels, and the central 224 x 224 are taken (other networks: their
    own size in that proportion), as BGR less the ImageNet means (other networks: their own preprocessing).
    """
    from cocoqa_keras.data.extraction import ExtractionJob
    from cocoqa_keras.data.pictures import find_pictures
    from cocoqa_keras.training.reporter import reporter_for

    found = find_pictures(pictures)
    with quiet_native_code():
        from cocoqa_keras.data.extractors import open_extractor

        opened = open_extractor(extractor, weights)
    job = ExtractionJob(found, opened, output, batch_size, on_corrupt is OnCorrupt.SKIP, append)
    try:
        with reporter_for(True, in_tenths=True) as reporter:
            done = job.run(partial(reporter.progress, "pictures"))
    except KeyboardInterrupt:
        print_line("What is done is kept: run the same command again to go on.")
        raise
    for path in done.skipped:
        print_line(f"skipped, cannot be read: {path}")
    print_line(f"{output}: {done.images} images, {done.added} of them new; {opened.width} features of each")
    print_next(("cocoqa-data", "encode", "QUESTIONS", output / "questions"))
