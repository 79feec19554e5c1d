"""Where the image features of a data set lie, and the index that says whose their rows are."""

from pathlib import Path

FEATURES_FILE = "hidden_oxford_mscoco.h5"
INDEX_FILE = "imgid_dict.pkl"


def find_features(folder: str | Path, name: str = FEATURES_FILE) -> Path | None:
    """The file of image features in a data folder or in the folder above, or None where there is none.

    Args:
        folder: the data folder.
        name: the name of the file.
    """
    folder = Path(folder)
    candidates = (folder / name, folder.absolute().parent / name)
    return next((path for path in candidates if path.is_file()), None)
