"""One training step, compiled."""

import math

import keras
import tensorflow as tf

from cocoqa_keras.data.replica_share import ReplicaShare
from cocoqa_keras.models.decisions import decided_answers
from cocoqa_keras.training.costs import by_example


class TrainingStep:
    """Forward pass, backward pass and update for a batch: what `fit` does for a compiled model.

    Where the model is made under a `tf.distribute` strategy, every replica takes its share of the batch, and
    all make the update that one alone would make with all of it.

    Args:
        model: a model of `build_model`, compiled with a `StagewiseSGD` and a loss of Keras's kind.
        weighted: batches come with weights of their examples.
        decision: what makes answers of the outputs, a name in `DECISIONS`.
    """

    def __init__(self, model: keras.Model, weighted: bool = False, decision: str = "argmax") -> None:
        self._model = model
        self._cost = by_example(model.loss)
        self._decision = decision
        self._strategy = tf.distribute.get_strategy()
        self._share = ReplicaShare.of_strategy()
        model.optimizer.build(model.trainable_variables)
        inputs = {name: tf.TensorSpec(tensor.shape, tensor.dtype) for name, tensor in model.input.items()}
        batch = [inputs, tf.TensorSpec((None,), tf.int32)]
        if weighted:
            batch.append(tf.TensorSpec((None,), tf.float64))
        self._compiled = tf.function(self._step, input_signature=[tf.TensorSpec((), tf.int32), *batch])

    def __call__(
        self,
        inputs: dict[str, tf.Tensor],
        answers: tf.Tensor,
        *weights: tf.Tensor,
        size: int | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Trains on one batch, as a `BatchReader` reads it, if its loss and gradients are finite.

        Args:
            inputs: those of the model.
            answers: int32 (N,).
            weights: float64 (N,), where batches come with them.
            size: examples of the batch, where these are a share of it; by default N.

        Returns:
            the mean cost of the batch before the update, dropout on, each example's times its weight, if they
            have any, or nan where nothing was updated; and how many answers were right, whatever the weights.
        """
        return self._compiled(len(answers) if size is None else size, inputs, answers, *weights)

    def _step(self, size: tf.Tensor, *batch: dict[str, tf.Tensor] | tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        shares = self._share.per_replica(batch, size)
        gradients, *figures = self._strategy.run(self._gradients, (size, *shares))
        # These gradients are the whole batch's, the same on every replica.
        optimizer = self._model.optimizer
        skipped = tf.identity(optimizer.skipped_batches.value)
        optimizer.apply(gradients, self._model.trainable_variables, figures[0])
        loss, right = (self._strategy.experimental_local_results(figure)[0] for figure in figures)
        loss = tf.where(optimizer.skipped_batches.value == skipped, loss, math.nan)
        return loss, tf.cast(right, tf.int32)

    def _gradients(
        self,
        size: tf.Tensor,
        inputs: dict[str, tf.Tensor],
        answers: tf.Tensor,
        weights: tf.Tensor | None = None,
    ) -> list:
        """Gradients, mean cost and right answers of the whole batch, from a replica's share of it."""
        model = self._model
        with tf.GradientTape() as tape:
            outputs = model(inputs, training=True)
            costs = self._cost(answers, outputs, sample_weight=weights)
            loss = tf.reduce_sum(costs) / tf.cast(size, costs.dtype)
        gradients = tape.gradient(loss, model.trainable_variables)
        # Of the loss's type, so that both travel in one message with the gradients.
        right = tf.reduce_sum(tf.cast(decided_answers(self._decision, outputs) == answers, loss.dtype))
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, [gradients, loss, right])
