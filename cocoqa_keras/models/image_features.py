"""The file of image features that goes with a model and a data set."""

from pathlib import Path

from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_file import find_features
from cocoqa_keras.errors import InputError
from cocoqa_keras.models.roles import InputRoles
from cocoqa_keras.spec.model_spec import ModelSpec


def open_features(
    spec: ModelSpec, folder: str | Path, override: str | Path | None = None
) -> SparseFeatures | None:
    """Opens the image features that a model takes.

    Args:
        spec: the model file. Its table of image features names a file in the folder of the model file.
        folder: the data folder. A file of the same base name in it, or in the folder above, serves as well,
            and is meant where the model file names one elsewhere, as the 2015 program's do.
        override: a file to use instead.

    Returns:
        the features, every value of them checked, or None for a model that takes no image.

    Raises:
        InputError: there is no such file, or it is not what the model names.
    """
    tables = InputRoles.of(spec).image_tables
    if not tables:
        if override:
            raise InputError(f"{spec.path}: the model takes no image features; leave {override} out")
        return None
    table = spec[min(tables)]
    if table.init_weights is None or table.format != "h5" or not table.sparse:
        raise InputError(
            f"{spec.path}: stage '{table.name}' must name its features: initWeights, format h5, sparse true"
        )
    declared, name = spec.find_file(table, "init_weights"), Path(table.init_weights).name
    found = declared if declared is not None and declared.is_file() else find_features(folder, name)
    path = Path(override) if override else found
    if path is None and not Path(folder).is_dir():
        raise InputError(f"no folder {folder}; check the path, or give --features FILE.h5")
    if path is None:
        raise InputError(
            f"no image features for {spec.name}: {name} is neither in {folder} nor above it; "
            f"put it there or give --features FILE.h5"
        )
    features = SparseFeatures(path, table.h5_key)
    features.check()
    return features


def check_features(features: SparseFeatures | None, model: str | Path, width: int | None = None) -> None:
    """Makes sure that a model which takes image features has some that fit.

    Args:
        features: the features, if there are any.
        model: how the message calls the model.
        width: the number of features of an image that it takes; None for one that takes any.

    Raises:
        InputError: there are none, or they are of another width.
    """
    if features is None:
        raise InputError(f"{model} takes image features, and none are given (--features FILE.h5)")
    if width not in (None, features.shape[1]):
        raise InputError(
            f"{features.path} has {features.shape[1]} features of an image, and {model} takes {width}; "
            "use features of the kind that it was trained with"
        )
