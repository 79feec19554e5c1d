"""Builders of stages that compute number by number."""

import keras
import numpy as np

from cocoqa_keras import layers
from cocoqa_keras.data.matrices import read_matrix
from cocoqa_keras.errors import InputError
from cocoqa_keras.models.builders.base import Context, builds, check_width, join
from cocoqa_keras.models.flow import Flow
from cocoqa_keras.spec import stages


@builds(stages.Active, takes_distinct_rows=True)
def _active(stage: stages.Active, flows: list[Flow], context: Context) -> Flow:
    values = join(flows)
    activation = "linear" if stage.active_fn == "identity" else stage.active_fn
    return values.then(keras.layers.Activation(activation, name=stage.name)(values.tensor))


@builds(stages.Normalize)
def _normalize(stage: stages.Normalize, flows: list[Flow], context: Context) -> Flow:
    features = join(flows)
    check_width(features)
    mean, std = _statistics(stage, features.shape[-1], context)
    # Statistics in float32 are applied in float32, in a float64 model too, as the 2015 program does.
    is_single = "float32" in (keras.config.dtype_policy().compute_dtype, mean.dtype.name)
    layer = layers.FeatureNormalization(name=stage.name, dtype="float32" if is_single else "float64")
    values = layer(features.tensor)
    layer.set_statistics(mean, std)
    return features.then(values)


def _statistics(stage: stages.Normalize, width: int, context: Context) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of the features: those of the data set, else of the files that the stage names."""
    info = context.info
    if stage.name in context.roles.feature_norms and info is not None and info.feature_mean is not None:
        return info.feature_mean, info.feature_std
    vectors = []
    for field, key in (("mean", stage.mean_key), ("std", stage.std_key)):
        path = context.spec.resolve_file(stage, field)
        vector = np.ravel(read_matrix(path, stage.format, key))
        if vector.shape != (width,):
            raise InputError(f"{path}: stage '{stage.name}' needs {width} numbers, found {vector.size}")
        vectors.append(vector)
    return tuple(vectors)


@builds(stages.Dropout, takes_distinct_rows=True)
def _dropout(stage: stages.Dropout, flows: list[Flow], context: Context) -> Flow:
    values = join(flows)
    check_width(values)
    return values.then(
        layers.BatchDropout(stage.dropout_rate, stage.init_seed, name=stage.name)(values.tensor)
    )
