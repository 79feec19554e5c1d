"""Stages that compute number by number."""

from typing import Annotated

from pydantic import Field, model_validator

from cocoqa_keras.spec.schema import Number, Seed
from cocoqa_keras.spec.stages.base import Activation, FileFormat, Stage, stage_type


@stage_type("active")
class Active(Stage):
    """An activation."""

    active_fn: Activation


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
