"""Runs of few epochs, as the train command leaves them."""

import contextlib
import io

from cocoqa_keras.cli import train

QUICK = ("--one-round", "--set", "plotFigs=false", "--set", "batchSize=16")


def trained(model, output, *options, epochs=1):
    """The folder of a run of some epochs in one round, with options of the command."""
    arguments = [model, "--output", output, "--epochs", epochs, *QUICK, *options]
    with contextlib.redirect_stdout(io.StringIO()):
        assert train.main([str(argument) for argument in arguments]) == 0
    (folder,) = output.iterdir()
    return folder
