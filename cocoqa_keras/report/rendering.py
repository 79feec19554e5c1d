"""How templates become pages: every value is escaped, and a misspelt one is an error."""

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from cocoqa_keras.report.answers import ScoredAnswer


@cache
def html_templates() -> Environment:
    """The templates of HTML pages."""
    environment = Environment(
        loader=PackageLoader("cocoqa_keras.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(in_words=in_words, with_bar_widths=with_bar_widths)
    return environment


def in_words(names: Sequence[str]) -> str:
    """Names as a sentence lists them: `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def with_bar_widths(answers: Sequence[ScoredAnswer]) -> list[tuple[ScoredAnswer, str]]:
    """Each answer, and how long the bar of its score is, in percent.

    The longest bar possible is the score 1, or the best score where that is above. Below 0 there is no bar.

    Args:
        answers: all that are shown together.
    """
    longest = max(1.0, *(answer.score for answer in answers))
    return [(answer, f"{100 * max(answer.score, 0.0) / longest:.1f}") for answer in answers]
