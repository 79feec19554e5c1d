"""What a check finds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from cocoqa_keras.errors import InputError

Subject = TypeVar("Subject")


class Outcome(StrEnum):
    """How a check ends."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """The end of a check.

    Attributes:
        check: what was checked.
        outcome: how it ended.
        detail: what is there; of a failure or a warning the first offender, and what to do.
    """

    check: str
    outcome: Outcome
    detail: str


class Doubt(Exception):  # noqa: N818 (it is no error)
    """What a check raises where training works and its figures may mislead."""


def run_checks(checks: Mapping[str, Callable[[Subject], str]], subject: Subject) -> Iterator[Finding]:
    """Runs checks one after another.

    Args:
        checks: by name. A check returns what it has seen, or raises `InputError` or `Doubt`.
        subject: what they check.
    """
    for name, check in checks.items():
        try:
            yield Finding(name, Outcome.OK, check(subject))
        except Doubt as doubt:
            yield Finding(name, Outcome.WARNING, str(doubt))
        except InputError as error:
            yield Finding(name, Outcome.FAILED, str(error))
