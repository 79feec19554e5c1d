"""A model's outputs for many examples."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from cocoqa_keras.data.pipeline import BatchReader

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
        self._outputs = tf.function(lambda inputs: model(inputs, training=False), input_signature=[signature])
        self._output = model.output

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
        outputs = np.empty((len(order), self._output.shape[-1]), self._output.dtype)
        start = 0
        for inputs, answers in reader.iterate(lambda epoch: order, 1, BATCH_SIZE):
            end = start + len(answers)
            outputs[order[start:end]] = self._outputs(inputs)
            start = end
            progress(end, len(order))
        return outputs
