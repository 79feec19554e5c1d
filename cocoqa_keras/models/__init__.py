"""From a model file to a Keras model."""
