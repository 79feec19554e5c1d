"""The models that come with the package, by name."""

import fnmatch
from importlib import resources
from pathlib import Path

from cocoqa_keras.errors import InputError
from cocoqa_keras.spec import model_spec
from cocoqa_keras.suggestion import suggestion

TRAINING_CONFIG = "train"


def config_folder() -> Path:
    """The folder of the model files and of `train.yml`."""
    return Path(str(resources.files("cocoqa_keras.configs")))


def list_models(pattern: str = "*") -> list[str]:
    """Names of the models whose names match a pattern such as `*bow*`, in alphabetical order."""
    names = (path.stem for path in config_folder().glob("*.yml"))
    return sorted(name for name in names if name != TRAINING_CONFIG and fnmatch.fnmatch(name, pattern))


def load_spec(model: str | Path, overrides: dict[str, str] | None = None) -> model_spec.ModelSpec:
    """Reads a model file, given by its path or as the name of a model of the package.

    Args:
        model: the path or name; see `find_model`.
        overrides: `stage.field` (as YAML names it) -> value, set before the file is checked.

    Raises:
        InputError: there is no such model file, or it is wrong; see `spec.load_spec`.
    """
    return model_spec.load_spec(find_model(model), overrides)


def find_model(name: str | Path) -> Path:
    """The model file for a path or for the name of a model of the package.

    A file of that path counts first; `configs/img_bow.yml`, as in a checkout, serves from anywhere.

    Raises:
        InputError: there is neither.
    """
    path = Path(name)
    if path.is_file():
        return path
    is_name = path.parent in (Path(), Path("configs"))
    packaged = config_folder() / f"{path.name.removesuffix('.yml')}.yml"
    if is_name and packaged.stem in list_models():
        return packaged
    hint = suggestion(packaged.stem, list_models()) if is_name else "; check the path"
    raise InputError(f"no model file {name}{hint}")
