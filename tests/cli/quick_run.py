"""Runs of one epoch, as the train command leaves them."""

import contextlib
import io

from cocoqa_keras.cli import train

QUICK = ("--epochs", "1", "--one-round", "--no-export", "--set", "plotFigs=false")


def trained(model, data, output):
    """The folder of a run of one epoch."""
    with contextlib.redirect_stdout(io.StringIO()):
        assert train.main([model, *data, "--output", str(output), *QUICK, "--set", "batchSize=16"]) == 0
    (folder,) = output.iterdir()
    return folder
