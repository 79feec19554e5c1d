"""The figures of models on a part of a data set, to print, to show in a notebook, and to keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cocoqa_keras.evaluation.evaluator import Outcomes, differences, intervals, means
from cocoqa_keras.tables import Table


@dataclass(frozen=True, eq=False)
class EvaluationReport:
    """The figures of one or several models that answer together.

    Attributes:
        models: their names, such as run folders.
        data: the folder of the data set.
        split: the part.
        outcomes: of `evaluator.outcomes`.
        against: the name of a model to compare with, or None.
        others: the outcomes of that model.
        notes: what to know about the figures, a line each.
    """

    models: Sequence[str]
    data: str
    split: str
    outcomes: Outcomes
    against: str | None = None
    others: Outcomes | None = None
    notes: Sequence[str] = ()

    @property
    def title(self) -> str:
        """What the figures are of."""
        count = len(self.outcomes["rate"])
        return f"{' + '.join(self.models)}: {count} questions, {self.split} of {self.data}"

    def table(self) -> Table:
        """The figures with their 95 % intervals, and by how much they are above those of the other model."""
        columns = [("", "left"), ("", "right"), ("95 % interval", "right")]
        if self.others is not None:
            columns += [("difference", "right"), ("95 % interval", "right")]
        content = self.to_dict()
        against = [] if self.against is None else [f"Difference: from {self.against}, on the same questions"]
        table = Table(self.title, columns, note="\n".join([*against, *self.notes]))
        for name, figure in content["figures"].items():
            cells = [f"{figure:.4f}", _range(content["intervals"][name])]
            if name in content.get("differences", {}):
                cells += [
                    f"{content['differences'][name]:+.4f}",
                    _range(content["difference_intervals"][name], "+"),
                ]
            table.add(name, *cells)
        return table

    def to_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        content = {
            "models": list(self.models),
            "data": self.data,
            "split": self.split,
            "questions": len(self.outcomes["rate"]),
            "figures": means(self.outcomes),
            "intervals": intervals(self.outcomes),
            "notes": list(self.notes),
        }
        if self.others is not None:
            gain = differences(self.outcomes, self.others)
            content |= {
                "against": self.against,
                "differences": means(gain),
                "difference_intervals": intervals(gain),
            }
        return content


def _range(ends: tuple[float, float], sign: str = "") -> str:
    return f"{ends[0]:{sign}.4f} to {ends[1]:{sign}.4f}"
