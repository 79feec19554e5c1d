"""Which examples of a batch are whose, when several replicas of a model train together."""

from dataclasses import dataclass
from typing import Any

import tensorflow as tf


@dataclass(frozen=True)
class ReplicaShare:
    """What the replicas of this process take of every batch.

    A replica takes consecutive examples; shares are as equal as can be.

    Attributes:
        first: the number, among all replicas, of the first one here.
        count: replicas here.
        total: replicas of all processes together.
    """

    first: int = 0
    count: int = 1
    total: int = 1

    @classmethod
    def of_strategy(cls) -> "ReplicaShare":
        """That of the `tf.distribute` strategy in scope; without one, all of every batch."""
        replicas = []
        strategy = tf.distribute.get_strategy()
        strategy.experimental_distribute_values_from_function(
            lambda context: replicas.append(context.replica_id_in_sync_group)
        )
        return cls(replicas[0], len(replicas), strategy.num_replicas_in_sync)

    @property
    def is_first(self) -> bool:
        """Whether the first of all replicas is here."""
        return self.first == 0

    def rows(self, size: int) -> slice:
        """The examples for this process of a batch of `size`; none at all, where there are more replicas."""
        return slice(self._start(self.first, size), self._start(self.first + self.count, size))

    def per_replica(self, examples: Any, size: tf.Tensor) -> Any:
        """Deals the examples of this process out to its replicas.

        Args:
            examples: a structure of tensors, (n, ...) each: `rows` of a batch.
            size: of that batch, int32 ().

        Returns:
            the structure for `strategy.run`, in which each replica finds its examples.
        """
        start = self._start(self.first, size)

        def own(context: tf.distribute.experimental.ValueContext) -> Any:
            replica = context.replica_id_in_sync_group
            rows = slice(self._start(replica, size) - start, self._start(replica + 1, size) - start)
            return tf.nest.map_structure(lambda tensor: tensor[rows], examples)

        return tf.distribute.get_strategy().experimental_distribute_values_from_function(own)

    def _start(self, replica: int, size: int | tf.Tensor) -> int | tf.Tensor:
        return replica * size // self.total
