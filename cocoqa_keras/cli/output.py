"""What commands print."""

import sys
from collections.abc import Mapping

from cocoqa_keras.tables import BLOCK, Table


def print_values(values: Mapping[str, int | str]) -> None:
    """Prints a line for each value, aligned behind the names."""
    width = max(map(len, values))
    for name, value in values.items():
        print_line(f"  {name:<{width}}  {value}")


def print_table(table: Table) -> None:
    """Prints a table; its bars are blocks in a terminal that has them, and number signs elsewhere."""
    text = str(table)
    has_blocks = sys.stdout.isatty() and _in_encoding_of_output(BLOCK) == BLOCK
    print_line(text if has_blocks else text.replace(BLOCK, "#"))


def print_line(text: str) -> None:
    """Prints text, with escapes in place of what the terminal or file cannot take."""
    print(_in_encoding_of_output(text), flush=True)


def _in_encoding_of_output(text: str) -> str:
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
