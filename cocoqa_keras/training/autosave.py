"""When the state of a round of training is saved."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cocoqa_keras.training.interruption import Interruption


@dataclass
class Autosave:
    """Saves now and then, and before the process ends because somebody asked it to.

    Args:
        save: saves the state.
        minutes: between two savings, at most.
        interruption: knows whether somebody has asked the process to end.
    """

    save: Callable[[], None]
    minutes: float
    interruption: Interruption
    _saved: float = field(default_factory=time.monotonic)

    def after_batch(self) -> None:
        """Saves where it is time.

        Raises:
            KeyboardInterrupt: somebody has asked the process to end; the state is saved.
        """
        if self.interruption.is_requested or time.monotonic() - self._saved > 60 * self.minutes:
            self.after_record()

    def after_record(self) -> None:
        """Saves; raises like `after_batch`."""
        self.save()
        self._saved = time.monotonic()
        if self.interruption.is_requested:
            raise KeyboardInterrupt
