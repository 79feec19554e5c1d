"""What the subcommands that write a LaTeX document say of it."""

import shlex
from pathlib import Path

from cocoqa_keras.cli.output import print_line


def print_document(document: Path, count: int) -> None:
    """Prints how many questions a document has, and the command that makes a PDF of it."""
    folder = shlex.quote(str(document.parent))
    print_line(f"{count} questions; make a PDF with: cd {folder} && pdflatex {document.name}")
