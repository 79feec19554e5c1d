"""Training on several devices or machines at once, by `tf.distribute`."""

import hashlib
import json
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import compress
from typing import Any

import numpy as np
import tensorflow as tf

from cocoqa_keras.data.replica_share import ReplicaShare
from cocoqa_keras.errors import InputError, LostWorkerError
from cocoqa_keras.training.cluster import VARIABLE, Cluster

# What TensorFlow makes of a peer that is gone, or that went first and took the cluster along.
LOST = (
    tf.errors.UnavailableError,
    tf.errors.DeadlineExceededError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.FailedPreconditionError,
)


@contextmanager
def training_strategy(name: str) -> Iterator[bool]:
    """Trains what is inside under a strategy; TensorFlow must not have computed anything before.

    All processes do the same, step by step, and each has to write somewhere else.

    Args:
        name: `none`, `mirrored` (the GPUs of this machine, or where there are none its processor), or
            `multi_worker` (this and other processes, as `TF_CONFIG` names them).

    Yields:
        whether this process is the one whose output counts: the only one, or the first.

    Raises:
        InputError: `TF_CONFIG` is missing or wrong.
        LostWorkerError: another process has ended, or cannot be reached.
    """
    if name == "none":
        yield True
    elif name == "mirrored":
        devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        with tf.distribute.MirroredStrategy([device.name for device in devices]).scope():
            yield True
    else:
        Cluster.from_environment().wait_for_all()
        try:
            strategy = tf.distribute.MultiWorkerMirroredStrategy()
            # TensorFlow has taken the signal over, and does nothing about it.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            with strategy.scope():
                yield ReplicaShare.of_strategy().is_first
        except LOST as error:
            raise LostWorkerError(
                "another worker has ended or cannot be reached; see what it says, and start all of them again"
            ) from error


def strategy_option() -> str:
    """The option of `cocoqa-train` that the present strategy came from, with a space before; or nothing."""
    names = {
        tf.distribute.MultiWorkerMirroredStrategy: "multi_worker",
        tf.distribute.MirroredStrategy: "mirrored",
    }
    name = names.get(type(tf.distribute.get_strategy()))
    return "" if name is None else f" --strategy {name}"


def check_agreement(facts: Callable[[], Mapping[str, Any]]) -> None:
    """Compares what the processes that train together were given; each has to call it.

    Args:
        facts: makes what has to be the same for all, by name; JSON must be able to hold it. Not called where
            there is only one process.

    Raises:
        InputError: one of them was given something else than the first.
    """
    share = ReplicaShare.of_strategy()
    if share.count == share.total:
        return
    own = facts()
    digests = np.array([_digest(fact) for fact in own.values()])
    strategy = tf.distribute.get_strategy()
    of_replicas = strategy.experimental_distribute_values_from_function(lambda _: tf.constant(digests[None]))
    gathered = strategy.gather(of_replicas, axis=0).numpy()[:: share.count]
    for process, differs in enumerate((gathered != gathered[0]).any(axis=2)):
        if differs.any():
            raise InputError(
                f"processes 0 and {process} of {VARIABLE} differ in {', '.join(compress(own, differs))}; "
                f"give all of them the same"
            )


def _digest(fact: Any) -> np.ndarray:
    return np.frombuffer(hashlib.sha256(json.dumps(fact).encode()).digest(), np.int64)
