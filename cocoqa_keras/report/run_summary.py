"""What reports tell of a run: the part of `run.json` that they need."""

from pydantic import BaseModel, ConfigDict


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, protected_namespaces=())


class ModelFacts(_Facts):
    """The model file: its name."""

    name: str


class DataFacts(_Facts):
    """The data set: its folder, and the file of the image features where the model takes an image."""

    folder: str
    features: str | None = None


class TrainingFacts(_Facts):
    """The training: examples, epochs and seconds."""

    examples: int
    epochs: int
    seconds: float


class RunSummary(_Facts):
    """What `run.json` tells; each part is None or empty where the file, or an older one, lacks it.

    Attributes:
        model: the model file.
        data: the data set.
        training: the training.
        seed: the shift of all random streams.
        versions: of programs, by their names.
        test: the figures on the test part, by their names in `result.txt`.
        test_intervals: their 95 % intervals.
    """

    model: ModelFacts | None = None
    data: DataFacts | None = None
    training: TrainingFacts | None = None
    seed: int | None = None
    versions: dict[str, str] = {}
    test: dict[str, float] = {}
    test_intervals: dict[str, tuple[float, float]] = {}
