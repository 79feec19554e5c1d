"""Programs that take turns on one machine, so that one whose speed drifts is as fast for each."""

import multiprocessing
import os
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

Work = Callable[[], int]  # does a little, and returns how much


def race(
    contenders: dict[str, tuple[Callable[..., Work], tuple]], turns: int, seconds: float
) -> dict[str, list[float]]:
    """Lets each contender work for some seconds at a time while the others wait.

    Args:
        contenders: for each name, a function that prepares its work, and the arguments of that function.
        turns: turns of each contender.
        seconds: length of a turn.

    Returns:
        for each name, how much it did a second, a number a turn.
    """
    context = multiprocessing.get_context("spawn")
    connections = {}
    for name, (prepare, arguments) in contenders.items():
        connections[name], other = context.Pipe()
        context.Process(target=_contend, args=(prepare, arguments, other), daemon=True).start()
        connections[name].recv()  # prepared and warm
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(turns):
        for name, connection in connections.items():
            connection.send(seconds)
            rates[name].append(connection.recv())
    for connection in connections.values():
        connection.send(None)
    return rates


def gemm() -> Work:
    """The machine's rate of matrix products, in floating-point operations: 2048 x 2048 by TensorFlow."""
    import tensorflow as tf

    matrix = tf.random.normal((2048, 2048))

    def work() -> int:
        float(tf.matmul(matrix, matrix)[0, 0])
        return 2 * 2048**3

    return work


def _contend(prepare: Callable[..., Work], arguments: tuple, connection: Connection) -> None:
    """A contender's process: prepares, warms up, then works for as long as it is told to, again and again."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    work = prepare(*arguments)
    for _ in range(3):
        work()
    connection.send("ready")
    while (seconds := connection.recv()) is not None:
        start, done = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            done += work()
        connection.send(done / (time.perf_counter() - start))
