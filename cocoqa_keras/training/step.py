"""One training step, compiled."""

import math

import keras
import tensorflow as tf

from cocoqa_keras.models.decisions import decided_answers


class TrainingStep:
    """Forward pass, backward pass and update for a batch: what `fit` does for a compiled model.

    Args:
        model: a model of `build_model`, compiled with a `StagewiseSGD` and a loss.
        weighted: batches come with weights of their examples.
        decision: what makes answers of the outputs, a name in `DECISIONS`.
    """

    def __init__(self, model: keras.Model, weighted: bool = False, decision: str = "argmax") -> None:
        self._model = model
        self._decision = decision
        model.optimizer.build(model.trainable_variables)
        inputs = {name: tf.TensorSpec(tensor.shape, tensor.dtype) for name, tensor in model.input.items()}
        signature = [inputs, tf.TensorSpec((None,), tf.int32)]
        if weighted:
            signature.append(tf.TensorSpec((None,), tf.float64))
        self._compiled = tf.function(self._step, input_signature=signature)

    def __call__(
        self, inputs: dict[str, tf.Tensor], answers: tf.Tensor, *weights: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Trains on one batch, as a `BatchReader` reads it, if its loss and gradients are finite.

        Returns:
            the mean cost of the batch before the update, dropout on, each example's times its weight, if they
            have any, or nan where nothing was updated; and how many answers were right, whatever the weights.
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
        skipped = tf.identity(model.optimizer.skipped_batches.value)
        model.optimizer.apply(gradients, model.trainable_variables, loss)
        loss = tf.where(model.optimizer.skipped_batches.value == skipped, loss, math.nan)
        right = tf.reduce_sum(tf.cast(decided_answers(self._decision, outputs) == answers, tf.int32))
        return loss, right
