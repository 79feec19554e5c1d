"""cocoqa-data verify: whether training can rely on a data set."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from cocoqa_keras.cli.options import DEFAULT_DATA
from cocoqa_keras.cli.output import print_line
from cocoqa_keras.errors import InputError


def verify(
    folder: Annotated[Path, Argument(help="Folder of the encoded data.")] = DEFAULT_DATA,
    features: Annotated[
        Path | None,
        Option(help="Image features (HDF5); by default those in the folder or above it.", metavar="FILE.h5"),
    ] = None,
) -> None:
    """Check everything that training relies on, and name what is wrong and what to do.

    A line a check: ok, warning (training works, its figures may mislead), FAILED, or skipped.
    """
    from cocoqa_keras.data.verification import verify as verification
    from cocoqa_keras.data.verification.findings import Outcome

    failed = []
    for finding in verification.verify(folder, features):
        print_line(f"{finding.outcome:<7}  {finding.check}: {finding.detail}")
        if finding.outcome is Outcome.FAILED:
            failed.append(finding)
    if failed:
        others = f" (and {len(failed) - 1} more failed)" if len(failed) > 1 else ""
        raise InputError(f"{failed[0].check}: {failed[0].detail}{others}")
