"""A model's outputs for many examples."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from cocoqa_keras.data.pipeline import BatchReader
from cocoqa_keras.data.replica_share import ReplicaShare

Progress = Callable[[int, int], None]
"""Is told after each batch how many of how many examples are through."""

BATCH_SIZE = 1000  # large enough to fill the processor, small enough for any memory


class Predictor:
    """Runs a model over whole splits, dropout off.

    Args:
        model: a model of `build_model`.
    """

    def __init__(self, model: keras.Model) -> None:
        signature = {name: tf.TensorSpec(tensor.shape, tensor.dtype) for name, tensor in model.input.items()}
        self._outputs = tf.function(self._run, input_signature=[tf.TensorSpec((), tf.int32), signature])
        self._model = model
        self._strategy = tf.distribute.get_strategy()
        self._share = ReplicaShare.of_strategy()

    def predict(self, reader: BatchReader, progress: Progress = lambda done, total: None) -> np.ndarray:
        """The outputs for every example of the reader's split, in order.

        Args:
            reader: what reads the examples.
            progress: told how far it is.

        Returns:
            (N, A)
        """
        # Questions of equal length side by side leave no padding to compute.
        order = np.argsort(np.count_nonzero(reader.split.questions, axis=1), kind="stable")
        output = self._model.output
        outputs = np.empty((len(order), output.shape[-1]), output.dtype)
        start = 0
        for inputs, _ in reader.iterate(lambda epoch: order, 1, BATCH_SIZE):
            end = min(start + BATCH_SIZE, len(order))
            outputs[order[start:end]] = self._outputs(end - start, inputs)
            start = end
            progress(end, len(order))
        return outputs

    def _run(self, size: tf.Tensor, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        """The outputs for a batch of which these are the share of this process."""
        (shares,) = self._share.per_replica((inputs,), size)
        outputs = self._strategy.run(lambda inputs: self._model(inputs, training=False), (shares,))
        return self._strategy.gather(outputs, axis=0)
