"""The stage types of a model file, a class each, in one table.

A stage is one step of a model's computation. Another type joins by a class here, decorated with
`stage_type`, and a builder of that name in `cocoqa_keras.models.builder`.
"""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, model_validator

from cocoqa_keras.spec.schema import Count, Integer, Name, Names, NonNegative, Number, Section, Seed, Size

STAGE_TYPES: dict[str, type["Stage"]] = {}

Activation = Literal["sigmoid", "softmax", "tanh", "identity", "relu"]
FileFormat = Literal["plain", "numpy", "h5"]


def stage_type(name: str) -> Callable[[type["Stage"]], type["Stage"]]:
    """Registers a class as the fields of the stage type `name`."""

    def register(stage_class: type["Stage"]) -> type["Stage"]:
        STAGE_TYPES[name] = stage_class
        return stage_class

    return register


class Stage(Section):
    """What every stage has.

    Attributes:
        inputs: names of the stages it reads, `input` being the batch itself; several are joined along
            the last axis unless the type says otherwise.
        propagates_gradient: false: no gradient flows from this stage to its inputs.
        input_dim: the width of its input, where the type needs no other meaning for it.
        output_dim: the width of its output; types that can tell it themselves take it as a note.
    """

    name: Name
    type: str
    inputs: Names
    propagates_gradient: bool = Field(True, alias="outputdEdX")
    input_dim: Size | None = None
    output_dim: Size | None = None


class TrainableStage(Stage):
    """What every stage with weights has: its initial weights and its own settings of the update rule.

    Zero switches a clip off; a learning rate of zero freezes the stage.
    """

    learning_rate: NonNegative = 0.0
    learning_rate_anneal_const: NonNegative = 0.0
    momentum: NonNegative = 0.0
    delta_momentum: Number = 0.0
    gradient_clip: NonNegative = 0.0
    weight_clip: NonNegative = 0.0
    weight_reg_const: NonNegative = 0.0
    init_range: NonNegative = 1.0
    init_seed: Seed = 0
    init_weights: str | None = None
    format: FileFormat = "plain"
    h5_key: str | None = Field(None, alias="h5key")
    sparse: bool = False

    @model_validator(mode="after")
    def _file_is_described(self) -> "TrainableStage":
        if self.init_weights is not None and self.format == "h5" and self.h5_key is None:
            raise ValueError("initWeights in format h5 needs h5key, the name of the matrix in the file")
        return self

    @property
    def is_frozen(self) -> bool:
        """Whether training leaves the weights as they are."""
        return self.learning_rate == 0.0


@stage_type("selector")
class Selector(Stage):
    """A slice of the input along an axis."""

    start: Count
    end: Size
    axis: Integer = -1

    @model_validator(mode="after")
    def _is_not_empty(self) -> "Selector":
        if self.end <= self.start:
            raise ValueError(f"end ({self.end}) must lie after start ({self.start})")
        return self


@stage_type("lut")
class LookupTable(TrainableStage):
    """Row id - 1 of a table for each id, a zero row for id 0."""

    input_dim: Size
    output_dim: Size
    int_conversion: bool = False
    lazy_init: bool = False
    propagates_gradient: bool = Field(False, alias="outputdEdX")


@stage_type("map")
class Map(TrainableStage):
    """An affine map and an activation."""

    output_dim: Size
    active_fn: Activation
    bias: bool = True
    bias_init_const: Number = -1.0
    init_type: Literal["zeroMean", "positive"] = "zeroMean"


@stage_type("normalize")
class Normalize(Stage):
    """(X - mean) / std, both read from files."""

    mean: str
    std: str
    mean_key: str | None = None
    std_key: str | None = None
    format: FileFormat = "numpy"

    @model_validator(mode="after")
    def _keys_are_named(self) -> "Normalize":
        if self.format == "h5" and (self.mean_key is None or self.std_key is None):
            raise ValueError("format h5 needs meanKey and stdKey, the names of the vectors in the file")
        return self


@stage_type("dropout")
class Dropout(Stage):
    """One 0/1 mask of the last axis a batch, shared by all examples and steps."""

    dropout_rate: Annotated[Number, Field(ge=0, le=1)]
    init_seed: Seed = 0


@stage_type("lstm")
class Lstm(TrainableStage):
    """The LSTM with full-matrix peepholes."""

    input_dim: Size
    output_dim: Size
    timespan: Size
    multi_output: bool = Field(
        False, alias="multiOutput", validation_alias=AliasChoices("multiOutput", "multiErr")
    )
    cut_off_zero_end: bool = True
    multi_input: bool = True


@stage_type("timeUnfold")
class TimeUnfold(Stage):
    """(N, T, D) -> (N T, D)."""


@stage_type("timeFold")
class TimeFold(Stage):
    """(N T, D) -> (N, T, D)."""

    timespan: Size


@stage_type("timeReverse")
class TimeReverse(Stage):
    """Reverses the real part of each sequence; the padding stays at the end."""


@stage_type("concat")
class Concat(Stage):
    """Joins its inputs along an axis."""

    axis: Integer


@stage_type("sum2")
class SumOverTime(Stage):
    """Adds over axis 1, the words of a question."""
