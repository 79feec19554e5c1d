"""One training step, compiled."""

import keras
import tensorflow as tf


class TrainingStep:
    """Forward pass, backward pass and update for a batch: what `fit` does for a compiled model.

    Args:
        model: a model of `build_model`, compiled with an optimizer and a loss.
        weighted: batches come with weights of their examples.
    """

    def __init__(self, model: keras.Model, weighted: bool = False) -> None:
        self._model = model
        model.optimizer.build(model.trainable_variables)
        inputs = {name: tf.TensorSpec(tensor.shape, tensor.dtype) for name, tensor in model.input.items()}
        signature = [inputs, tf.TensorSpec((None,), tf.int32)]
        if weighted:
            signature.append(tf.TensorSpec((None,), tf.float64))
        self._compiled = tf.function(self._step, input_signature=signature)

    def __call__(
        self, inputs: dict[str, tf.Tensor], answers: tf.Tensor, *weights: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Trains on one batch, as a `BatchReader` reads it.

        Returns:
            the mean cost of the batch before the update, dropout on, each example's times its weight, if they
            have any; and how many answers were right, whatever the weights.
        """
        return self._compiled(inputs, answers, *weights)

    def _step(
        self, inputs: dict[str, tf.Tensor], answers: tf.Tensor, weights: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        model = self._model
        with tf.GradientTape() as tape:
            outputs = model(inputs, training=True)
            loss = model.loss(answers, outputs, sample_weight=weights)
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply(gradients, model.trainable_variables)
        right = tf.reduce_sum(tf.cast(tf.argmax(outputs, axis=1, output_type=tf.int32) == answers, tf.int32))
        return loss, right
