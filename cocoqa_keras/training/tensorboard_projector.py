"""Word vectors for TensorBoard's embedding projector."""

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorboard.plugins.projector import ProjectorConfig

from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.files import atomic_path, move_file, write_text
from cocoqa_keras.models.roles import InputRoles
from cocoqa_keras.models.stage_weights import layers_by_name, stage_matrix
from cocoqa_keras.spec.model_spec import ModelSpec

CHECKPOINT = "words"  # files words.index and words.data-...
WORDS_FILE = "words.tsv"
# Where TensorBoard looks for what to show, and TensorFlow for the checkpoint.
CONFIG_FILE = "projector_config.pbtxt"
CHECKPOINT_STATE_FILE = "checkpoint"


def word_vectors(spec: ModelSpec, model: keras.Model) -> dict[str, np.ndarray]:
    """The trained vectors of the question words, (V, D), by the stage that has them."""
    layers = layers_by_name(model)
    matrices = {name: stage_matrix(layers[name]) for name in sorted(InputRoles.of(spec).word_tables)}
    return {name: matrix for name, matrix in matrices.items() if matrix is not None}


def write_projector(folder: Path, vectors: Mapping[str, np.ndarray], words: Vocabulary) -> None:
    """Writes what the projector shows: the vectors, as a checkpoint, and the words.

    Args:
        folder: that of the event file.
        vectors: what `word_vectors` returns; nothing is written where there are none.
        words: the V question words.

    Raises:
        InputError: a file cannot be written.
        tf.errors.OpError: the checkpoint cannot be written.
    """
    if not vectors:
        return
    # Not a file of bare numbers: the projector takes it for text, if its first bytes happen to be.
    with atomic_path(folder / f"{CHECKPOINT}.index") as index:
        tf.raw_ops.SaveV2(
            prefix=str(index.with_suffix("")),
            tensor_names=list(vectors),
            shape_and_slices=[""] * len(vectors),
            tensors=list(vectors.values()),
        )
        numbers = index.with_name(f"{CHECKPOINT}.data-00000-of-00001")
        move_file(numbers, folder / numbers.name)
    write_text(folder / CHECKPOINT_STATE_FILE, f'model_checkpoint_path: "{CHECKPOINT}"\n')
    write_text(folder / WORDS_FILE, "".join(f"{_cell(word)}\n" for word in words.words))
    config = ProjectorConfig()
    for stage in vectors:
        config.embeddings.add(tensor_name=stage, metadata_path=WORDS_FILE)
    write_text(folder / CONFIG_FILE, text_format.MessageToString(config))


def _cell(word: str) -> str:
    """A word as a line of one cell; what would end the line or the cell, or show nothing, is spelt."""
    return word if word.strip() and word.isprintable() else repr(word)
