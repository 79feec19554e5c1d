"""The settings files: their schema, and errors that help."""

from cocoqa_keras.spec.model_spec import ModelSpec, load_spec
from cocoqa_keras.spec.stages import STAGE_TYPES
from cocoqa_keras.spec.training_config import TrainingConfig, load_training_config

__all__ = ["STAGE_TYPES", "ModelSpec", "TrainingConfig", "load_spec", "load_training_config"]
