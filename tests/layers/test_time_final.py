"""The end of each sequence."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.layers import PeepholeLSTM, TimeFinal


@given(lengths=st.lists(st.integers(0, 5), min_size=1, max_size=5), extra=st.integers(0, 2))
@settings(max_examples=30)
def test_the_step_before_the_padding_is_taken_and_gets_the_gradient(lengths, extra):
    sequences = np.zeros((len(lengths), 5 + extra, 2))
    expected, expected_gradient = np.zeros((len(lengths), 2)), np.zeros_like(sequences)
    output_gradient = np.random.RandomState(0).standard_normal(expected.shape)
    for row, length in enumerate(lengths):
        sequences[row, :length, 1] = np.arange(1, length + 1)  # the first column being 0 ends nothing
        if length:
            expected[row, 1] = length
            expected_gradient[row, length - 1] = output_gradient[row]
    sequences = tf.constant(sequences)
    with tf.GradientTape() as tape:
        tape.watch(sequences)
        final = TimeFinal(dtype="float64")(sequences)
    np.testing.assert_array_equal(final, expected)
    np.testing.assert_array_equal(tape.gradient(final, sequences, output_gradient), expected_gradient)


def test_what_follows_the_first_empty_step_does_not_count():
    sequence = np.array([[[1.0], [2.0], [0.0], [3.0]]])
    np.testing.assert_array_equal(TimeFinal()(sequence), [[2]])


def test_numbers_that_add_up_to_zero_do_not_end_a_sequence():
    sequence = np.array([[[1.0, 1.0], [2.0, -2.0], [0.0, 0.0]]])
    np.testing.assert_array_equal(TimeFinal()(sequence), [[2, -2]])


def test_the_last_of_all_outputs_of_an_lstm_is_its_output():
    sequences = np.random.RandomState(0).standard_normal((4, 5, 3)).astype("float32")
    sequences[1, 3:] = 0
    sequences[2] = 0
    every, last = PeepholeLSTM(2, return_sequences=True), PeepholeLSTM(2)
    for layer in (every, last):
        layer.build(sequences.shape)
    last.set_weights(every.get_weights())
    np.testing.assert_array_equal(TimeFinal()(every(sequences)), last(sequences))


def test_no_sequences_and_no_steps_are_fine():
    assert TimeFinal()(np.zeros((0, 3, 2))).shape == (0, 2)
    np.testing.assert_array_equal(TimeFinal()(np.zeros((2, 0, 2))), np.zeros((2, 2)))


def test_what_has_no_steps_is_an_error():
    with pytest.raises(ValueError, match="expected ndim=3"):
        TimeFinal()(np.zeros((2, 3)))
