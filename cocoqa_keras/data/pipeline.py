"""Batches of questions and image rows, as a tf.data pipeline."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import keras
import numpy as np
import tensorflow as tf

from cocoqa_keras.data.dataset import Split
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.replica_share import ReplicaShare
from cocoqa_keras.errors import InputError

Batch = tuple[dict[str, tf.Tensor], tf.Tensor] | tuple[dict[str, tf.Tensor], tf.Tensor, tf.Tensor]


@dataclass
class BatchReader:
    """Reads examples of a split as the inputs of a model.

    Attributes:
        split: the examples.
        inputs: the dtype of each input that the model takes, of `question` and `image`.
        features: image rows, for models that take an image.
        weights: float64 (N,), a weight for each example of the split, if batches are to come with them.
        share: the share of every batch that is read.
    """

    split: Split
    inputs: dict[str, str]
    features: SparseFeatures | None = None
    weights: np.ndarray | None = None
    share: ReplicaShare = field(default_factory=ReplicaShare)
    error: InputError | None = field(default=None, init=False)

    @classmethod
    def for_model(
        cls,
        model: keras.Model,
        split: Split,
        features: SparseFeatures | None,
        weights: np.ndarray | None = None,
    ) -> "BatchReader":
        """A reader of what a model of `build_model` takes here, under the strategy in scope."""
        inputs = {name: tensor.dtype for name, tensor in model.input.items()}
        return cls(split, inputs, features, weights, ReplicaShare.of_strategy())

    def of(self, split: Split) -> "BatchReader":
        """A reader of another split for the same model, without weights."""
        return BatchReader(split, self.inputs, self.features, share=self.share)

    def batches(self, order_of: Callable[[int], np.ndarray], epochs: int, batch_size: int) -> tf.data.Dataset:
        """Batches of one epoch after another, each read while the one before is in use.

        Args:
            order_of: for an epoch (from 0), the examples to read, in order: (E,) int64. The last batch of
                an epoch is smaller where `batch_size` does not divide E.
            epochs: number of epochs.
            batch_size: examples a batch.

        Returns:
            pairs of inputs and answers. Inputs are `question`, int32 (N, T), trimmed to the batch's longest
            question, and `image` (N, D), where the model takes them; answers are int32 (N,). Where there are
            weights, these come third, float64 (N,), as `fit` takes them. N is the size of the reader's share,
            which may be 0; T that of the whole batch.
        """
        # Not from_generator: it sets malloc's trim threshold for the whole process, and every step then
        # spends more time on page faults than on arithmetic.
        orders = tf.data.Dataset.range(epochs).map(
            lambda epoch: tf.numpy_function(order_of, [epoch], tf.int64)
        )
        rows = orders.flat_map(
            lambda order: tf.data.Dataset.from_tensor_slices(tf.ensure_shape(order, (None,))).batch(
                batch_size
            )
        )
        # There is nothing to tune, and the tuner at times leaves a model half of the processor for an epoch.
        options = tf.data.Options()
        options.autotune.enabled = False
        return rows.map(self._read_in_graph).prefetch(1).with_options(options)

    def iterate(self, order_of: Callable[[int], np.ndarray], epochs: int, batch_size: int) -> Iterator[Batch]:
        """The same batches one by one; bad data end in the InputError that names them."""
        try:
            yield from self.batches(order_of, epochs, batch_size)
        except tf.errors.OpError as error:
            # TensorFlow passes on what Python raised as text only; the reader kept the exception.
            raise self.error or error from error

    def read(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """The inputs of the reader's share of a batch.

        Args:
            rows: the positions of the batch in the split, (N,).
        """
        readers = {"question": self._read_questions, "image": self._read_images}
        return {name: readers[name](rows) for name in self.inputs}

    def _read_questions(self, rows: np.ndarray) -> np.ndarray:
        # All of the batch, so that what depends on padding sees the same whatever the share.
        questions = self.split.questions[rows]
        longest = np.count_nonzero(questions.any(axis=0))
        return questions[self.share.rows(len(rows)), : max(longest, 1)]

    def _read_images(self, rows: np.ndarray) -> np.ndarray:
        return self.features.read(self.split.image_ids[rows[self.share.rows(len(rows))]] - 1)

    def _read_in_graph(self, rows: tf.Tensor) -> Batch:
        columns = [self.split.answers] if self.weights is None else [self.split.answers, self.weights]

        def read(rows: np.ndarray) -> list[np.ndarray]:
            try:
                own = rows[self.share.rows(len(rows))]
                return [*self.read(rows).values(), *(column[own] for column in columns)]
            except InputError as error:
                self.error = error
                raise

        stored = {"question": tf.int32, "image": tf.float32}
        types = [*(stored[name] for name in self.inputs), *(column.dtype for column in columns)]
        read_values = tf.numpy_function(read, [rows], types)
        values, targets = read_values[: len(self.inputs)], read_values[len(self.inputs) :]
        for target in targets:
            target.set_shape((None,))
        inputs = dict(zip(self.inputs, values, strict=True))
        if "question" in inputs:
            inputs["question"].set_shape((None, None))
        if "image" in inputs:
            inputs["image"].set_shape((None, self.features.shape[1]))
            inputs["image"] = tf.cast(inputs["image"], self.inputs["image"])
        return inputs, *targets


class EpochOrders:
    """The order of the examples in each epoch: that of the epoch before, permuted once more.

    Args:
        count: number of examples.
        shuffle: false: every epoch goes through them as they are.
        random: where the permutations come from; its state now is that of the first epoch.

    Reference:
        The 2015 program's random streams: `permutation(arange(N))` each epoch, applied cumulatively.
    """

    def __init__(self, count: int, shuffle: bool, random: np.random.RandomState) -> None:
        self._count = count
        self._shuffle = shuffle
        self._random = random
        self._first_state = random.get_state()
        self._restart()

    def __call__(self, epoch: int) -> np.ndarray:
        """The order of an epoch, (count,) int64."""
        if epoch < self._epoch:
            self._random.set_state(self._first_state)
            self._restart()
        while self._epoch < epoch:
            if self._shuffle:
                self._order = self._order[self._random.permutation(self._count)]
            self._epoch += 1
        return self._order

    def _restart(self) -> None:
        self._epoch = -1  # the order before the first epoch's permutation
        self._order = np.arange(self._count, dtype=np.int64)
