"""What a result was computed with."""

import platform
from importlib import metadata

import keras
import numpy as np
import tensorflow as tf


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a run's numbers depend on."""
    return {
        "python": platform.python_version(),
        "cocoqa_keras": metadata.version("cocoqa-keras"),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }
