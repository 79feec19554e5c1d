"""Image question answering in Keras: the COCO-QA models of Ren, Kiros and Zemel (2015), trained from YAML.

The public names are loaded when they are first used, so that importing the package does not import
TensorFlow.
"""

import importlib

_HOMES = {
    "Trainer": "cocoqa_keras.training.trainer",
    "build_model": "cocoqa_keras.models.builder",
    "list_models": "cocoqa_keras.models.zoo",
    "load_dataset": "cocoqa_keras.data.dataset",
    "load_run": "cocoqa_keras.training.run",
    "load_spec": "cocoqa_keras.models.zoo",
}

__all__ = ["Trainer", "build_model", "list_models", "load_dataset", "load_run", "load_spec"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
