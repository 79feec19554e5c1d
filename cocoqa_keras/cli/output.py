"""What commands print."""

import sys
from collections.abc import Mapping

from cocoqa_keras.tables import BLOCK, Table, for_stream


def print_values(values: Mapping[str, int | str]) -> None:
    """Prints a line for each value, aligned behind the names."""
    width = max(map(len, values))
    for name, value in values.items():
        print_line(f"  {name:<{width}}  {value}")


def print_table(table: Table) -> None:
    """Prints a table for a terminal, in its width; as plain lines with bars of number signs elsewhere."""
    from rich.console import Console

    console = Console(highlight=False)
    if console.is_terminal and not console.is_dumb_terminal:
        from cocoqa_keras.cli.terminal_table import print_in_terminal

        print_in_terminal(table, console, _for_terminal)
    else:
        print_line(str(table).replace(BLOCK, "#"))


def print_line(text: str) -> None:
    """Prints text, with escapes in place of what the terminal or file cannot take or would be steered by."""
    print(for_stream(text, sys.stdout), flush=True)


def _for_terminal(text: str) -> str:
    has_blocks = for_stream(BLOCK, sys.stdout) == BLOCK
    return for_stream(text if has_blocks else text.replace(BLOCK, "#"), sys.stdout)
