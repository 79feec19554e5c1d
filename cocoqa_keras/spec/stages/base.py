"""What all stages of a model file have, and the table of their types."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from cocoqa_keras.spec.schema import Name, Names, NonNegative, Number, Section, Seed, Size

STAGE_TYPES: dict[str, type["Stage"]] = {}

Activation = Literal["sigmoid", "softmax", "tanh", "identity", "relu"]
FileFormat = Literal["plain", "numpy", "h5"]


def stage_type(name: str) -> Callable[[type["Stage"]], type["Stage"]]:
    """Registers a class as the fields of the stage type `name`."""

    def register(stage_class: type["Stage"]) -> type["Stage"]:
        STAGE_TYPES[name] = stage_class
        return stage_class

    return register


def _layer_name(name: str) -> str:
    """The name of a stage is that of a layer, which TensorFlow writes into graphs."""
    if "+" in name:
        raise ValueError("the name of a stage has no +; write _ or -")
    return name


class Stage(Section):
    """What every stage has.

    Attributes:
        inputs: names of the stages it reads, `input` being the batch itself; several are joined along
            the last axis unless the type says otherwise.
        propagates_gradient: false: no gradient flows from this stage to its inputs.
        input_dim: the width of its input, where the type needs no other meaning for it.
        output_dim: the width of its output; types that can tell it themselves take it as a note.
        recurrent: whether it is computed at every step of a `recurrent` stage.
        default_value: what it is there before the first step.
    """

    name: Annotated[Name, AfterValidator(_layer_name)]
    type: str
    inputs: Names
    propagates_gradient: bool = Field(True, alias="outputdEdX")
    input_dim: Size | None = None
    output_dim: Size | None = None
    recurrent: bool = False
    default_value: Number = 0.0


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
