"""One training step, compiled."""

import keras
import tensorflow as tf


class TrainingStep:
    """Forward pass, backward pass and update for a batch: what `fit` does for a compiled model.

    Args:
        model: a model of `build_model`, compiled with an optimizer and a loss.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        model.optimizer.build(model.trainable_variables)
        inputs = {name: tf.TensorSpec(tensor.shape, tensor.dtype) for name, tensor in model.input.items()}
        self._compiled = tf.function(self._step, input_signature=[inputs, tf.TensorSpec((None,), tf.int32)])

    def __call__(self, inputs: dict[str, tf.Tensor], answers: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Trains on one batch.

        Returns:
            the mean cost of the batch before the update, dropout on, and how many answers were right.
        """
        return self._compiled(inputs, answers)

    def _step(self, inputs: dict[str, tf.Tensor], answers: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        model = self._model
        with tf.GradientTape() as tape:
            outputs = model(inputs, training=True)
            loss = model.loss(answers, outputs)
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply(gradients, model.trainable_variables)
        right = tf.reduce_sum(tf.cast(tf.argmax(outputs, axis=1, output_type=tf.int32) == answers, tf.int32))
        return loss, right
