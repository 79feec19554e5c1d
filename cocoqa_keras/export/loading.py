"""SavedModels read back, with TensorFlow alone."""

from pathlib import Path
from typing import Any

import tensorflow as tf

from cocoqa_keras.errors import InputError, reason_of


def load_saved_model(folder: str | Path) -> Any:
    """Loads a SavedModel. It is a program; load only those that you trust.

    Returns:
        the model. Hold it as long as you use its `signatures`, which do not keep its variables alive.

    Raises:
        InputError: the folder holds no SavedModel, or a damaged one.
    """
    try:
        return tf.saved_model.load(folder)
    except Exception as error:  # TensorFlow raises many kinds on damaged files
        raise InputError(f"{folder}: not a SavedModel that can be loaded ({reason_of(error)})") from error
