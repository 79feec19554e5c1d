"""The nearest right name for one that is not known."""

import difflib
from collections.abc import Iterable


def suggestion(name: str, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` for the known name nearest to `name`; otherwise the known names."""
    known = sorted(known)
    near = nearest(name, known)
    if near is not None:
        return f" (did you mean '{near}'?)"
    return f" (known: {', '.join(known)})" if known else ""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` may be a misspelling of, or None."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(str(name).lower(), by_lower, n=1)
    return by_lower[near[0]] if near else None
