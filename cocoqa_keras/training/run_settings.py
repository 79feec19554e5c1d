"""What a run was asked for: enough to go on with it, and to tell whether another is the same."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cocoqa_keras.data.dataset import Dataset
from cocoqa_keras.digests import sha256_of
from cocoqa_keras.errors import InputError
from cocoqa_keras.spec.model_spec import ModelSpec
from cocoqa_keras.spec.training_config import TrainingConfig


def check_run_name(name: str) -> str:
    """Sees to it that a run folder of that name lies in the folder that runs go into.

    Returns:
        the name.

    Raises:
        InputError: it is a path.
    """
    if name in ("", "..") or Path(name).name != name or "\0" in name:
        raise InputError(f"name {name!r}: give a name, not a path; --output is the folder that runs go into")
    return name


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class FileSettings(_Part):
    """A file that numbers were read from: where it was, and the SHA-256 of its content."""

    path: str
    sha256: str

    @classmethod
    def of(cls, path: Path) -> "FileSettings":
        """Those of a file.

        Raises:
            InputError: it cannot be read.
        """
        try:
            return cls(path=str(path.resolve()), sha256=sha256_of(path))
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from error


class DataSettings(_Part):
    """The data set: where it was, the SHA-256 of its content, and the sizes that tell data sets apart."""

    folder: str
    sha256: str
    sizes: dict[str, int]

    @classmethod
    def of(cls, dataset: Dataset) -> "DataSettings":
        """Those of a data set."""
        sizes = {f"{name} questions": len(split) for name, split in dataset.splits()}
        sizes |= {
            "question words": dataset.vocabulary_size,
            "answers": dataset.answer_count,
            "words a question": dataset.words_per_question,
            "images": dataset.image_count,
        }
        return cls(folder=str(dataset.folder.resolve()), sha256=dataset.fingerprint(), sizes=sizes)


class RunSettings(_Part):
    """The settings of a run of one or two rounds. Paths say where things were; only contents count.

    Attributes:
        name: of the run.
        spec_file: the model file.
        model: what it says beside stages, with what was set on top of it.
        stages: what it says of each stage, by name, those inside others included.
        overrides: what was set on top of it, `stage.field` -> value.
        config: the training configuration.
        data: the data set.
        files: files that numbers were read from, by what they are.
        weights_from: a file, or a run folder, that every round starts from, or None.
        example_weights: prefix of the files of example weights, or None.
        seed: shift of all random streams.
        dtype: `float32` or `float64`.
        on_nan: what to do about a batch with a number that is not finite.
        exports: whether there is to be a SavedModel.
        tensorboard: whether there is to be something for TensorBoard.
        checkpoint_minutes: time between two savings of the state.
        versions: of Python and packages, by their names.
    """

    name: Annotated[str, AfterValidator(check_run_name)]
    spec_file: str
    model: dict[str, Any]
    stages: dict[str, dict[str, Any]]
    overrides: dict[str, Any]
    config: TrainingConfig
    data: DataSettings
    files: dict[str, FileSettings]
    weights_from: str | None
    example_weights: str | None
    seed: int
    dtype: Literal["float32", "float64"]
    on_nan: Literal["stop", "skip"]
    exports: bool
    tensorboard: bool
    checkpoint_minutes: Annotated[float, Field(ge=0)]
    versions: dict[str, str]

    def differences(self, other: "RunSettings") -> Iterator[str]:
        """What another run has that this one has not, a phrase each."""
        yield from _differences("", self.content(), other.content())

    def agreement(self) -> dict[str, Any]:
        """What processes that train together have to agree on, by name."""
        work = {"on_nan": self.on_nan, "exports": self.exports, "tensorboard": self.tensorboard}
        return self.content() | {"versions": self.versions} | work

    def content(self) -> dict[str, Any]:
        """What the numbers of the run depend on, by name."""
        return {
            "name": self.name,
            "model": self.model,
            "stage": self.stages,
            "configuration": self.config.model_dump(by_alias=True),
            "data": self.data.sizes | {"SHA-256": self.data.sha256},
            "file": {what: file.sha256 for what, file in self.files.items()},
            "seed": self.seed,
            "dtype": self.dtype,
        }


def spec_content(spec: ModelSpec) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What a model file says, as JSON holds it: of the model, and of each stage by its name."""
    content = spec.model_dump(mode="json", by_alias=True, serialize_as_any=True)
    stages = [*content.pop("stages"), *content.pop("innerStages")]
    return content, {stage["name"]: stage for stage in stages}


def _differences(where: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _differences(f"{where} {key}".strip(), old.get(key, "absent"), new.get(key, "absent"))
    elif old != new:
        yield f"{where}: {_shown(old)} then, {_shown(new)} now"


def _shown(value: Any) -> str:
    return "present" if isinstance(value, Mapping) else str(value)
