"""Word vectors, with a true zero vector for the empty word."""

import keras
import tensorflow as tf

from cocoqa_keras.serialization import serializable


@serializable
class LookupTable(keras.layers.Layer):
    """Row id - 1 of a table for each id; zeros for id 0, which has no row, is not trained and not counted.

    An optimizer that moves the rows lazily (`StagewiseSGD`) sets `pending_motion` of the variable
    `embeddings`: what the rows lack, which every look-up adds. Saving settles it first.

    Args:
        input_dim: number of ids, not counting 0.
        output_dim: width of a row.
        embeddings_initializer: initial values of the table.

    Call arguments:
        ids: integers of any shape with n elements, each 0 ... input_dim.

    Returns:
        (n, output_dim), a row for each id in order.

    Reference:
        Ren, Kiros and Zemel (2015), section 3.2; the 2015 program's `lut` stage.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: str | object = "uniform",
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)

    def build(self, ids_shape: tuple[int | None, ...]) -> None:
        """Makes the table, (input_dim, output_dim)."""
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.input_dim, self.output_dim),
            initializer=self.embeddings_initializer,
        )

    def call(self, ids: keras.KerasTensor) -> keras.KerasTensor:
        """Looks the rows up."""
        ids = tf.reshape(tf.cast(ids, tf.int32), (-1,))
        rows = tf.where(ids == 0, 0, ids - 1)
        values = tf.gather(self.embeddings.value, rows)
        pending = getattr(self.embeddings, "pending_motion", None)
        if pending is not None:
            values += tf.stop_gradient(pending.of(rows, values))
        values = tf.cast(values, self.compute_dtype)
        return values * tf.cast(ids != 0, values.dtype)[:, None]

    def save_own_variables(self, store: dict) -> None:
        """Saves the table as it is after all motion."""
        pending = getattr(self.embeddings, "pending_motion", None)
        if pending is not None:
            pending.settle()
        super().save_own_variables(store)

    def compute_output_shape(self, ids_shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        """(n, output_dim), n being known only where the shape of `ids` is."""
        count = 1
        for size in ids_shape:
            count = None if size is None or count is None else count * size
        return (count, self.output_dim)

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer),
        }
