"""Pictures side by side with words above them, for notebooks."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

from cocoqa_keras.data.picture_files import Pictures
from cocoqa_keras.data.pictures import read_picture
from cocoqa_keras.plotting import Plot, new_plot

_SIDE = 2.4  # inches that a picture takes
_CAPTION_WIDTH = 30  # characters
_FONT_SIZE = 9


def picture_grid(
    pictures: Pictures, images: Sequence[str], captions: Sequence[str], columns: int = 4
) -> Plot:
    """Draws pictures in rows, each below its caption.

    Args:
        pictures: where they are. In the place of one that is not in a file stands its address, if it has one.
        images: the names of the images, at least one.
        captions: a text for each; lines that are too long are broken.
        columns: pictures a row.

    Raises:
        InputError: a file holds no picture.
    """
    rows = -(-len(images) // columns)
    columns = min(columns, len(images))
    plot = new_plot(_SIDE * columns, 1.25 * _SIDE * rows)
    axes = plot.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes:
        axis.set_axis_off()
    for axis, image, caption in zip(axes[: len(images)], images, captions, strict=True):
        lines = [textwrap.fill(line, _CAPTION_WIDTH) for line in caption.splitlines()]
        axis.set_title("\n".join(lines), fontsize=_FONT_SIZE, parse_math=False)
        place = pictures.find(image)
        if isinstance(place, Path):
            axis.imshow(read_picture(place))
        else:
            axis.text(
                0.5,
                0.5,
                place or f"no picture of {image}",
                ha="center",
                va="center",
                wrap=True,
                parse_math=False,
            )
    return plot
