"""A graph of layers that is computed at every step of a sequence."""

import keras
import tensorflow as tf

from cocoqa_keras.layers.packed_sequence import is_not_zero, sequence_lengths, zero_past_end
from cocoqa_keras.serialization import serializable


@serializable
class RecurrentGraph(keras.layers.Layer):
    """Runs a functional model over the steps of sequences, with the same weights at each of them.

    The model computes one step. Its inputs are the number of the step, (N, 1), the input of the step, (N, D),
    the values of other steps that it reads (its states), (N, W) each, and the steps of the input that every
    step sees, (N, D) each. Its outputs are the output of the step, (N, H), and the states of the next step.

    A sequence ends before its first all-zero step, so padding needs no mask.

    Args:
        step: the model.
        defaults: a number for each state: its value before step 0.
        seen_steps: the numbers of the steps that every step sees; one past the end is zero.
        timespan: None for sequences; otherwise the input is step 0 of a sequence of that many steps, the
            others are zero, and there is no end before the last one.
        return_sequences: return the output of every step (zeros past the end) instead of the last one.
        cut_off_zero_end: whether an all-zero step ends a sequence.
        gradient_past_end: with `return_sequences`, let the gradient that comes in past a sequence's end flow
            back as if the sequence ran on to the end of the longest of the batch, as the 2015 program does.
            The outputs there stay zero.

    Call arguments:
        inputs: (N, T, D), N and T free; with a timespan, (N, D).

    Returns:
        (N, H), zeros for a sequence without a real step, or (N, T, H).

    Reference:
        The 2015 program's `recurrent` stage.
    """

    def __init__(
        self,
        step: keras.Model,
        defaults: list[float] | None = None,
        seen_steps: list[int] | None = None,
        timespan: int | None = None,
        return_sequences: bool = False,
        cut_off_zero_end: bool = True,
        gradient_past_end: bool = False,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.step = step
        self.defaults = list(defaults or [])
        self.seen_steps = list(seen_steps or [])
        self.timespan = timespan
        self.return_sequences = return_sequences
        self.cut_off_zero_end = cut_off_zero_end
        self.gradient_past_end = gradient_past_end
        self.supports_jit = False  # the number of steps changes from batch to batch
        self._recurrence = keras.layers.RNN(
            _StepCell(step, dtype=self.dtype_policy),
            return_sequences=return_sequences,
            zero_output_for_mask=return_sequences,
            dtype=self.dtype_policy,
        )

    def build(self, inputs_shape: tuple[int | None, ...]) -> None:
        """Builds the recurrence; the model has its weights already."""
        width = inputs_shape[-1]
        self._recurrence.build((inputs_shape[0], self.timespan, width))

    def call(self, inputs: keras.KerasTensor, training: bool | None = None) -> keras.KerasTensor:
        """Runs over the real steps of each sequence."""
        sequences = inputs
        if self.timespan is not None:
            sequences = tf.pad(inputs[:, None, :], [[0, 0], [0, self.timespan - 1], [0, 0]])
        runs_on = self.return_sequences and self.gradient_past_end
        lengths = mask = None
        if self.cut_off_zero_end and self.timespan is None:
            lengths = sequence_lengths(is_not_zero(sequences))
            computed = tf.fill(tf.shape(lengths), tf.reduce_max(lengths)) if runs_on else lengths
            mask = tf.sequence_mask(computed, tf.shape(sequences)[1])
        outputs = self._recurrence(
            sequences, initial_state=self._initial_state(sequences), mask=mask, training=training
        )
        return outputs if lengths is None or not runs_on else zero_past_end(outputs, lengths)

    def _initial_state(self, sequences: tf.Tensor) -> list[tf.Tensor]:
        """The number of the first step, the states before it, and the steps that every step sees."""
        count = tf.shape(sequences)[0]
        widths = [tensor.shape[-1] for tensor in self.step.inputs[2 : 2 + len(self.defaults)]]
        states = [
            tf.fill((count, width), tf.cast(value, sequences.dtype))
            for width, value in zip([1, *widths], [0.0, *self.defaults], strict=True)
        ]
        return states + [_step_of(sequences, number) for number in self.seen_steps]

    def compute_output_shape(self, inputs_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(N, H) or (N, T, H)."""
        width = self.step.outputs[0].shape[-1]
        if not self.return_sequences:
            return (inputs_shape[0], width)
        return (inputs_shape[0], self.timespan or inputs_shape[1], width)

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {
            **super().get_config(),
            "step": keras.saving.serialize_keras_object(self.step),
            "defaults": self.defaults,
            "seen_steps": self.seen_steps,
            "timespan": self.timespan,
            "return_sequences": self.return_sequences,
            "cut_off_zero_end": self.cut_off_zero_end,
            "gradient_past_end": self.gradient_past_end,
        }

    @classmethod
    def from_config(cls, config: dict) -> "RecurrentGraph":
        """Makes the layer again."""
        return cls(**{**config, "step": keras.saving.deserialize_keras_object(config["step"])})


def _step_of(sequences: tf.Tensor, number: int) -> tf.Tensor:
    """A step of sequences, (N, D); zeros where they are shorter."""
    missing = tf.maximum(number + 1 - tf.shape(sequences)[1], 0)
    step = tf.pad(sequences, [[0, 0], [0, missing], [0, 0]])[:, number]
    return tf.ensure_shape(step, (None, sequences.shape[-1]))


class _StepCell(keras.layers.Layer):
    """A model of one step as the cell of a `keras.layers.RNN`."""

    def __init__(self, step: keras.Model, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.step = step
        number, _, *others = step.inputs
        self.state_size = [tensor.shape[-1] for tensor in (number, *others)]
        self.output_size = step.outputs[0].shape[-1]

    def build(self, inputs_shape: tuple[int | None, ...]) -> None:
        """Nothing to make: the model has its weights."""

    def call(
        self, inputs: keras.KerasTensor, states: list[keras.KerasTensor], training: bool | None = None
    ) -> tuple[keras.KerasTensor, list[keras.KerasTensor]]:
        """The output of a step, and the states of the next one."""
        number, *others = states
        output, *after = keras.tree.flatten(self.step([number, inputs, *others], training=training))
        return output, [number + 1, *after, *others[len(after) :]]
