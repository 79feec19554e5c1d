"""What a round of training shows in TensorBoard."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import keras
import numpy as np
import tensorflow as tf
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.histogram.metadata import create_summary_metadata
from tensorboard.plugins.hparams import api as hparams
from tensorboard.plugins.scalar.summary_v2 import scalar_pb

from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError
from cocoqa_keras.training.record import Record
from cocoqa_keras.training.tensorboard_projector import write_projector
from cocoqa_keras.training.tensorboard_samples import Samples
from cocoqa_keras.training.weight_record import WeightRecord

BUCKETS = 30  # of a histogram, as many as tf.summary.histogram makes


class TensorBoardLog:
    """Writes an event file. Steps are the numbers of records, by default epochs, from 0.

    What is written can be read at once, and when training is interrupted.

    Args:
        folder: where the event file goes; it is made where it is missing.

    Raises:
        InputError: the folder cannot be written to, or the disk is full; by every method.
    """

    # TensorBoard's table of hyperparameters starts with five scalars, the first by their names. These are
    # losses and rates, "rate/test" among them; the other names have to come after "rate/".

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with self._telling_errors():
            self._writer = tf.summary.create_file_writer(str(folder))

    def __enter__(self) -> "TensorBoardLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Closes the file."""
        with self._telling_errors():
            self._writer.close()

    def write_model(self, run: str, model: keras.Model, settings: Mapping[str, str | float]) -> None:
        """Writes the graph of a model, dropout off, and what tells runs apart.

        Args:
            run: name of the run.
            model: a model of `build_model`.
            settings: the hyperparameters, of `hyperparameters`.
        """
        graph = _graph_of(model)
        with self._step(0):
            tf.summary.graph(graph)
            hparams.hparams(settings, trial_id=run)

    def write_record(self, number: int, record: Record, weights: Sequence[WeightRecord]) -> None:
        """Writes a record and those of the weights, after the records 0, 1, 2, 4, ... with histograms.

        Args:
            number: of the record, from 0.
            record: losses and rates.
            weights: what there is to tell of each weight.
        """
        scalars = {"loss/training": record.training_loss, "rate/training": record.training_rate}
        if record.is_validated:
            scalars |= {"loss/validation": record.validation_loss, "rate/validation": record.validation_rate}
        for weight in weights:
            scalars[f"stage_gradient_norm/{weight.name}"] = weight.gradient_norm
            scalars[f"stage_learning_rate/{weight.name}"] = weight.learning_rate
            scalars[f"stage_weight_norm/{weight.name}"] = weight.norm
        with self._step(number):
            _write_scalars(scalars)
            if number & (number - 1) == 0:
                for weight in weights:
                    _write_histogram(f"weights/{weight.name}", weight.value)

    def write_test(self, number: int, figures: Mapping[str, float], samples: Samples) -> None:
        """Writes how a test went.

        Args:
            number: of the record that left the weights tested.
            figures: the figures by name, `rate` among them.
            samples: some of the questions.
        """
        scalars = {"rate/test" if name == "rate" else f"test/{name}": figures[name] for name in figures}
        with self._step(number):
            _write_scalars(scalars)
            tf.summary.text("samples/answers", samples.table())
            if samples.pictures:
                tf.summary.image("samples/pictures", samples.draw()[np.newaxis])

    def write_words(self, vectors: Mapping[str, np.ndarray], words: Vocabulary) -> None:
        """Writes word vectors for the projector.

        Args:
            vectors: (V, D) by stage, as `word_vectors` returns them.
            words: the V words.
        """
        with self._telling_errors():
            write_projector(self._folder, vectors, words)

    @contextmanager
    def _step(self, number: int) -> Iterator[None]:
        """Where what is written has that number; it is on disk at the end."""
        with self._telling_errors(), self._writer.as_default(number):
            yield

    @contextmanager
    def _telling_errors(self) -> Iterator[None]:
        try:
            yield
        except tf.errors.OpError as error:
            # {{the operation}} the file; the reason
            reason = re.sub(r"\{\{.*?\}\} |.*; ", "", str(error).partition("\n")[0])
            raise InputError(
                f"cannot write {self._folder}: {reason}; choose another --output, free some space, or give "
                f"--no-tensorboard"
            ) from error


def _graph_of(model: keras.Model) -> tf.compat.v1.GraphDef:
    """What a model computes, dropout off: a box a stage, which TensorFlow puts into a box for the model."""
    inputs = {name: tf.TensorSpec(tensor.shape, tensor.dtype, name) for name, tensor in model.input.items()}
    outputs = tf.function(lambda inputs: model(inputs, training=False), input_signature=[inputs])
    graph = outputs.get_concrete_function().graph.as_graph_def(add_shapes=True)
    box = re.compile(rf"^(\^?){re.escape(model.name)}(?:_\d+)?/")  # ^ marks what is only waited for
    for node in graph.node:
        node.name = box.sub(r"\1", node.name)
        node.input[:] = [box.sub(r"\1", name) for name in node.input]
    return graph


def _write_scalars(values: Mapping[str, float]) -> None:
    """Does what tf.summary.scalar does for each, which takes a third of a millisecond."""
    summary = Summary()
    for name, value in values.items():
        summary.MergeFrom(scalar_pb(name, value))
    tf.summary.experimental.write_raw_pb(summary.SerializeToString())


def _write_histogram(name: str, value: np.ndarray) -> None:
    """Does what tf.summary.histogram does, which takes 30 numbers of memory for each weight."""
    finite = value[np.isfinite(value)].astype(np.float64)
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    least = 1e-12 * max(abs(low), abs(high))  # np.histogram refuses edges that are hardly apart
    if high - low <= least:
        low, high = low - max(least, 0.5), high + max(least, 0.5)
    counts, edges = np.histogram(finite, BUCKETS, (low, high))
    buckets = np.stack([edges[:-1], edges[1:], counts], axis=1)
    tf.summary.write(name, buckets, metadata=create_summary_metadata(display_name=None, description=None))
