"""How far a round of training is."""

from dataclasses import dataclass, field


@dataclass
class Progress:
    """The place in a round, and what is known since the last record: what a record is made of.

    Attributes:
        epoch: the present one, from 0.
        step: batches of it that are done.
        recorded_step: batches of it that records tell of.
        seconds: since the round began, as far as it was saved.
        losses: of each batch since the last record.
        rights: right answers in each of them.
        sizes: examples in each of them.
    """

    epoch: int = 0
    step: int = 0
    recorded_step: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    rights: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    @property
    def has_begun(self) -> bool:
        """Whether there was a batch."""
        return bool(self.epoch or self.step)

    def add_batch(self, loss: float, right: int, size: int) -> None:
        """Takes a batch in."""
        self.step += 1
        self.losses.append(loss)
        self.rights.append(right)
        self.sizes.append(size)

    def skip_batch(self) -> None:
        """Goes on behind a batch that changed nothing."""
        self.step += 1

    @property
    def skipped(self) -> int:
        """Batches since the last record that changed nothing."""
        return self.step - self.recorded_step - len(self.losses)

    def begin_stretch(self, steps_per_epoch: int) -> None:
        """Goes on behind a record, to the next epoch where the present one is through."""
        if self.step == steps_per_epoch:
            self.epoch, self.step = self.epoch + 1, 0
        self.recorded_step = self.step
        self.losses, self.rights, self.sizes = [], [], []
