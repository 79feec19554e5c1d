"""SavedModels read back, with TensorFlow alone."""

from pathlib import Path
from typing import Any

import tensorflow as tf

from cocoqa_keras.errors import InputError


def load_saved_model(folder: str | Path) -> Any:
    """Loads a SavedModel. It is a program; load only those that you trust.

    Returns:
        the model. Hold it as long as you use its `signatures`, which do not keep its variables alive.

    Raises:
        InputError: the folder holds no SavedModel, or a damaged one.
    """
    try:
        return tf.saved_model.load(folder)
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"{folder}: not a SavedModel that can be loaded ({reason})") from error
