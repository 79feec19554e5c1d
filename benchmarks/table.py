"""The outcome of a race as a table."""

import statistics

from rich.console import Console
from rich.table import Table


def print_race(title: str, rates: dict[str, list[float]], shares: dict[str, float] | None = None) -> None:
    """Prints medians, and the ratio of ours to each other contender, taken turn by turn.

    Args:
        title: what was raced.
        rates: examples per second of each contender, a number a turn.
        shares: each contender's share of what the machine could compute.
    """
    table = Table("contender", "examples/s", "ours / it", "least ... most", title=title, title_justify="left")
    if shares:
        table.add_column("roofline share")
    for name, own in rates.items():
        ratios = [ours / other for ours, other in zip(rates["ours"], own, strict=True)]
        row = [
            name,
            f"{statistics.median(own):.0f}",
            f"{statistics.median(ratios):.2f}",
            f"{min(ratios):.2f} ... {max(ratios):.2f}",
        ]
        table.add_row(*row, *([f"{shares[name]:.2f}"] if shares else []))
    Console().print(table)
