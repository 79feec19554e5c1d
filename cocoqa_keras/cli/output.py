"""What commands print."""

from collections.abc import Mapping


def print_values(values: Mapping[str, int | str]) -> None:
    """Prints a line for each value, aligned behind the names."""
    width = max(map(len, values))
    for name, value in values.items():
        print(f"  {name:<{width}}  {value}")
