"""Several runs side by side, which have to answer the same questions."""

from collections.abc import Mapping

from cocoqa_keras.errors import InputError
from cocoqa_keras.report.answers import RunAnswers


def check_same_questions(runs: Mapping[str, RunAnswers]) -> None:
    """Refuses runs over different questions.

    Args:
        runs: the runs by name.

    Raises:
        InputError: two differ; it names the first question in which they do.
    """
    (first_name, first), *others = runs.items()
    for name, other in others:
        pairs = zip(first.questions, other.questions, strict=False)
        for number, (asked, other_asked) in enumerate(pairs):
            for field in ("question", "image", "type", "truth"):
                own, others_own = getattr(asked, field), getattr(other_asked, field)
                if own != others_own:
                    raise InputError(
                        f"question {number}: its {field} is {own!r} in {first_name} and "
                        f"{others_own!r} in {name}; give runs over the same data"
                    )
        if len(first.questions) != len(other.questions):
            raise InputError(
                f"question {min(len(first.questions), len(other.questions))} is in only one of {first_name} "
                f"({len(first.questions)} questions) and {name} ({len(other.questions)}); "
                "give runs over the same data"
            )
