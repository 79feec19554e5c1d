"""`model.keras`, read back although nobody may vouch for it."""

import zipfile
from pathlib import Path

import keras

# The classes that a saved model names are registered when these are imported.
from cocoqa_keras import layers  # noqa: F401
from cocoqa_keras.errors import InputError, reason_of
from cocoqa_keras.training import costs, optimizer  # noqa: F401


def load_model(path: Path) -> keras.Model:
    """Loads a model that `keras.Model.save` has written.

    Nothing in the file is run: Keras makes layers of its own and ours, none of Python code (its `safe_mode`).

    Raises:
        InputError: it is no such file, a damaged one, or one that unpacks to more than there is of it.
    """
    try:
        _refuse_packed(path)
        return keras.saving.load_model(path)
    except Exception as error:  # Keras, TensorFlow and HDF5 raise many kinds on damaged files
        raise InputError(f"{path}: cannot be loaded ({reason_of(error)}); train anew") from error


def _refuse_packed(path: Path) -> None:
    """Keras packs nothing, and what is packed may fill the memory."""
    with zipfile.ZipFile(path) as archive:
        packed = [member for member in archive.infolist() if member.compress_type != zipfile.ZIP_STORED]
    if packed:
        raise ValueError(f"its member {packed[0].filename!r:.60} is packed, as Keras packs none")
