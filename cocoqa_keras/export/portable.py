"""A model in operations that other runtimes know, for the formats that leave TensorFlow."""

import keras
import tensorflow as tf

from cocoqa_keras.errors import InputError
from cocoqa_keras.layers import PeepholeLSTM, SumOverTime, TimeReverse
from cocoqa_keras.layers.packed_sequence import is_not_zero
from cocoqa_keras.layers.take_rows import take_rows
from cocoqa_keras.models.stage_weights import layers_by_name


def portable_function(model: keras.Model) -> tf.types.experimental.PolymorphicFunction:
    """A model as a function without packed sequences and sparse sums.

    TensorFlow profits from those, and other runtimes do not have them.

    Args:
        model: a model of `build_model` that takes a question, an image, or both; it stays as it is. Later
            changes of its weights do not change the function.

    Returns:
        a function of `question`, int32 (N, T), and `image`, float32 (N, D), in that order and as far as the
        model takes them; it gives `probabilities`, float32 (N, A). N and T are free.

    Raises:
        InputError: the model reads its batch in another way.
    """
    if not isinstance(model.input, dict):
        raise InputError(
            f"model {model.name}: only a model that slices 'input' into image id and words can be exported"
        )
    portable = _portable_copy(model)
    signature = [tf.TensorSpec(value.shape, value.dtype, name) for name, value in portable.input.items()]

    @tf.function(input_signature=signature)
    def answer(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probabilities": portable(dict(zip(portable.input, inputs, strict=True)), training=False)}

    return answer


def _portable_copy(model: keras.Model) -> keras.Model:
    """The same model of portable layers in float32, not compiled."""
    inputs = {
        name: keras.Input(value.shape[1:], dtype="int32" if name == "question" else "float32", name=name)
        for name, value in model.input.items()
    }
    # Cloned as it is, a compiled model would bring its optimizer along.
    uncompiled = keras.Model(model.input, model.output, name=model.name)
    copy = keras.models.clone_model(uncompiled, inputs, clone_function=_portable_layer)
    originals = layers_by_name(model)
    for name, layer in layers_by_name(copy).items():
        weights: dict = {}
        originals[name].save_own_variables(weights)  # which settles what is still to move
        layer.load_own_variables(weights)
    return copy


def _portable_layer(operation: keras.Operation) -> keras.Operation:
    if not isinstance(operation, keras.layers.Layer):
        return operation
    portable_class = _PORTABLE.get(type(operation), type(operation))
    return portable_class.from_config({**operation.get_config(), "dtype": "float32"})


class _PlainSum(SumOverTime):
    """The sum over every step, rather than over the places of the distinct ones."""

    def call(self, sequences: tf.Tensor, positions: tf.Tensor | None = None) -> tf.Tensor:
        return super().call(_every_step(sequences, positions))


class _PlainReverse(TimeReverse):
    """The same with a sum in place of a cumulative product."""

    def call(self, sequences: tf.Tensor, rows: tf.Tensor | None = None) -> tf.Tensor:
        is_real = is_not_zero(sequences) if rows is None else is_not_zero(rows, sequences)
        zeros_so_far = tf.cumsum(tf.cast(~is_real, tf.int32), axis=1)
        lengths = tf.reduce_sum(tf.cast(zeros_so_far == 0, tf.int32), axis=1)
        return tf.reverse_sequence(sequences, lengths, seq_axis=1)


class _PaddedLSTM(PeepholeLSTM):
    """The LSTM run over every step of every sequence; outputs past a sequence's end are not taken."""

    def call(
        self, sequences: tf.Tensor, positions: tf.Tensor | None = None, training: bool | None = None
    ) -> tf.Tensor:
        steps = _every_step(sequences, positions)
        count, timespan = tf.unstack(tf.shape(steps)[:2])

        def run_step(
            t: tf.Tensor, is_alive: tf.Tensor, hidden: tf.Tensor, cell: tf.Tensor, outputs: tf.Tensor
        ) -> tuple:
            if self.cut_off_zero_end:
                is_alive &= tf.reduce_any(steps[:, t] != 0, axis=1, keepdims=True)
            hidden, cell = self._advance(steps[:, t], hidden, cell)
            if self.return_sequences:
                # A tensor array would do it in one write, and TFLite knows none of unknown width.
                is_now = (tf.range(timespan) == t)[None, :, None]
                outputs = tf.where(is_now & is_alive[:, None], hidden[:, None], outputs)
            else:
                outputs = tf.where(is_alive, hidden, outputs)
            return t + 1, is_alive, hidden, cell, outputs

        zeros = tf.zeros((count, self.units), steps.dtype)
        outputs = tf.zeros((count, timespan, self.units), steps.dtype) if self.return_sequences else zeros
        state = (0, tf.fill((count, 1), True), zeros, zeros, outputs)
        return tf.while_loop(lambda t, *_: t < timespan, run_step, state)[-1]

    def _advance(self, inputs: tf.Tensor, hidden: tf.Tensor, cell: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """One step, by the equations of `PeepholeLSTM`: hidden state and cell."""
        one = tf.ones_like(hidden[:, :1])
        before = tf.concat([inputs, hidden, cell, one], 1)
        input_gate = tf.sigmoid(before @ self.input_gate)
        forget_gate = tf.sigmoid(before @ self.forget_gate)
        candidate = tf.tanh(tf.concat([inputs, hidden, one], 1) @ self.candidate)
        cell = forget_gate * cell + input_gate * candidate
        output_gate = tf.sigmoid(tf.concat([inputs, hidden, cell, one], 1) @ self.output_gate)
        return output_gate * tf.tanh(cell), cell


def _every_step(sequences: tf.Tensor, positions: tf.Tensor | None) -> tf.Tensor:
    """(N, T, D), also where sequences come by their distinct steps."""
    return sequences if positions is None else take_rows(sequences, positions)


_PORTABLE = {SumOverTime: _PlainSum, TimeReverse: _PlainReverse, PeepholeLSTM: _PaddedLSTM}
