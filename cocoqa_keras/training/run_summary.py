"""What `run.json` tells of a run."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

PathText = Annotated[str, Field(pattern=r"^[^\x00]*$")]  # the system refuses a path with a zero in it


class _Facts(BaseModel):
    """Facts of a known type are checked; others are kept as they are, since every version may add some."""

    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=())


class ModelFacts(_Facts):
    """The model file: its name."""

    name: str


class DataFacts(_Facts):
    """The data set: its folder, and the file of the image features where the model takes an image."""

    folder: PathText | None = None
    features: PathText | None = None


class TrainingFacts(_Facts):
    """The training: examples, epochs and seconds."""

    examples: int
    epochs: int
    seconds: float


class RunSummary(_Facts):
    """The content of `run.json`; each part is None or empty where the file, or an older one, lacks it.

    Attributes:
        model: the model file.
        data: the data set.
        example_weights: prefix of the files of example weights, or None.
        training: the training.
        seed: the shift of all random streams.
        versions: of programs, by their names.
        test: the figures on the test part, by their names in `result.txt`.
        test_intervals: their 95 % intervals.
    """

    model: ModelFacts | None = None
    data: DataFacts = DataFacts()
    example_weights: PathText | None = None
    training: TrainingFacts | None = None
    seed: int | None = None
    versions: dict[str, str] = {}
    test: dict[str, float] = {}
    test_intervals: dict[str, tuple[float, float]] = {}
