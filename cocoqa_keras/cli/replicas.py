"""One process of several that train together: whether what it writes counts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from cocoqa_keras.cli.options import Strategy

if TYPE_CHECKING:
    from cocoqa_keras.training.reporter import Reporter


class Here(NamedTuple):
    """Where a process writes.

    Attributes:
        folder: a folder that does not last, for all processes but the first; None for that.
        reporter: what it tells people.
    """

    folder: Path | None
    reporter: "Reporter"


@contextmanager
def replicas(strategy: Strategy, progress: bool) -> Iterator[Here]:
    """Trains what is inside under a strategy; see `training_strategy`.

    Args:
        strategy: where the replicas are.
        progress: show a bar.
    """
    from cocoqa_keras.training.distribution import training_strategy
    from cocoqa_keras.training.reporter import SilentReporter, reporter_for

    with training_strategy(strategy) as writes:
        if writes:
            with reporter_for(progress) as reporter:
                yield Here(None, reporter)
        else:
            with TemporaryDirectory() as folder:
                yield Here(Path(folder), SilentReporter())
