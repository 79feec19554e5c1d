"""Features brought to mean zero and deviation one."""

import numpy as np

from cocoqa_keras.layers import FeatureNormalization


def test_columns_have_mean_zero_and_deviation_one_and_a_constant_one_is_centred():
    features = np.random.RandomState(0).uniform(0, 5, (50, 4))
    features[:, 2] = 3
    layer = FeatureNormalization(dtype="float64")
    layer.build(features.shape)
    np.testing.assert_array_equal(layer(features), features)  # before the statistics are set
    layer.set_statistics(features.mean(0), features.std(0))
    outputs = layer(features).numpy()
    np.testing.assert_allclose(outputs.mean(0), 0, atol=1e-14)
    np.testing.assert_allclose(outputs.std(0), [1, 1, 0, 1], rtol=1e-12)


def test_the_statistics_are_not_trained():
    layer = FeatureNormalization()
    layer.build((None, 3))
    assert not layer.trainable_variables
    assert len(layer.weights) == 2
