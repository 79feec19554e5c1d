"""The decorator that lets Keras save and load our classes by name."""

import keras

serializable = keras.saving.register_keras_serializable("cocoqa_keras")
