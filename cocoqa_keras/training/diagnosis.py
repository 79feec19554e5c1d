"""Where in a model the numbers of a batch stop being finite."""

from collections.abc import Iterator, Mapping
from itertools import chain

import keras
import numpy as np
import tensorflow as tf

from cocoqa_keras.data.pipeline import Batch
from cocoqa_keras.layers import BatchDropout
from cocoqa_keras.training.optimizer import gradient_norm
from cocoqa_keras.training.weight_record import GATE_LETTERS

Gradient = tf.Tensor | tf.IndexedSlices | None


def diagnose(model: keras.Model, batch: Batch, training: bool = True) -> str:
    """Repeats a batch with the values of every stage in view, and updates nothing.

    Args:
        model: a model of `build_model`, compiled with a loss.
        batch: inputs, answers, and weights of the examples if there are any.
        training: repeat the step that the model has just been given, with the same dropout masks; otherwise
            the forward pass alone, dropout off.

    Returns:
        what is not finite first, in the order of computation: forward through the stages, the loss, and back.
    """
    inputs, answers, *weights = batch
    # Of several outputs, the first is what stages compute with; the others are positions.
    stages = {layer.name: tf.nest.flatten(layer.output)[0] for layer in model.layers}
    in_view = keras.Model(model.input, [stages, model.output])
    if training:
        take_masks_back(model)
    with tf.GradientTape() as tape:
        values, outputs = in_view(inputs, training=training)
        loss = model.loss(answers, outputs, sample_weight=weights[0] if weights else None)
    broken = chain(_in_stages(values), _in_loss(loss, outputs))
    if training:
        of_values, of_weights = tape.gradient(loss, [values, model.trainable_variables])
        broken = chain(broken, _in_gradients(model, of_values, of_weights))
    return next(broken, "a number was not finite, and all are when the batch is repeated")


def is_finite(tensor: tf.Tensor) -> bool:
    """Whether all numbers of a tensor are; integers always are."""
    return not tensor.dtype.is_floating or bool(tf.reduce_all(tf.math.is_finite(tensor)))


def largest_number(tensor: tf.Tensor) -> float:
    """The largest number of a tensor, without its sign; 0 where there is none."""
    return float(tf.norm(tf.cast(tensor, tf.float64), ord=np.inf))


def take_masks_back(model: keras.Model) -> None:
    """Has each dropout give the mask of the last batch again, which counts it again."""
    for layer in model.layers:
        if isinstance(layer, BatchDropout) and layer.rate:
            layer.masks_drawn.assign_sub(1)


def _in_stages(values: Mapping[str, tf.Tensor]) -> Iterator[str]:
    largest = 0.0
    for name, value in values.items():
        if not is_finite(value):
            yield f"the output of stage '{name}' is not finite (largest number before it: {largest:.2g})"
        largest = max(largest, largest_number(value))


def _in_loss(loss: tf.Tensor, outputs: tf.Tensor) -> Iterator[str]:
    if not is_finite(loss):
        yield f"the loss is {float(loss)} (largest output of the model: {largest_number(outputs):.2g})"


def _in_gradients(
    model: keras.Model, of_values: Mapping[str, Gradient], of_weights: list[Gradient]
) -> Iterator[str]:
    gradients = {id(w): gradient for w, gradient in zip(model.trainable_variables, of_weights, strict=True)}
    for layer in reversed(model.layers):
        of_output = of_values[layer.name]
        if of_output is not None and not is_finite(of_output):
            yield f"the gradient of the output of stage '{layer.name}' is not finite"
        for weight in layer.trainable_variables:
            gradient = tf.convert_to_tensor(gradients[id(weight)])
            norm, largest = gradient_norm(gradient), largest_number(gradient)
            if not is_finite(norm):
                name = _name_of(weight)
                yield f"the gradient norm of {name} is {float(norm)} (its largest number: {largest:.2g})"


def _name_of(weight: keras.Variable) -> str:
    stage, name = weight.path.split("/")[-2:]
    gate = f" (gate {GATE_LETTERS[name]})" if name in GATE_LETTERS else ""
    return f"stage '{stage}'{gate}"
