"""Sequences one after the other, their steps kept as distinct rows."""

import keras
import tensorflow as tf

from cocoqa_keras.serialization import serializable


@serializable
class JoinSequences(keras.layers.Layer):
    """Joins sequences along time; a step is known by its row in a matrix of distinct ones.

    Call arguments:
        parts: a list whose entries are sequences (N, T_i, D), or pairs of rows (U_i, D) and the positions of
            the steps among them, int32 (N, T_i).

    Returns:
        the rows of all parts, (U, D), and the positions of the joined steps, int32 (N, T).
    """

    def call(self, parts: list) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """Joins the parts."""
        all_rows, all_positions, count = [], [], 0
        for part in parts:
            rows, positions = part if isinstance(part, list | tuple) else _every_step_a_row(part)
            all_rows.append(rows)
            all_positions.append(positions + count)
            count += tf.shape(rows)[0]
        return tf.concat(all_rows, 0), tf.concat(all_positions, 1)

    def compute_output_spec(self, parts: list) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """Rows and positions."""
        rows = parts[0][0] if isinstance(parts[0], list | tuple) else parts[0]
        return keras.KerasTensor((None, rows.shape[-1]), rows.dtype), keras.KerasTensor((None, None), "int32")


def _every_step_a_row(sequences: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    rows = tf.reshape(sequences, (-1, sequences.shape[-1]))
    return rows, tf.reshape(tf.range(tf.shape(rows)[0]), tf.shape(sequences)[:2])
