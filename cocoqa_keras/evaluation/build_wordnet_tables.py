"""Makes the tables that stand in for WordNet: COCO-QA's answers compared, and the words that are no nouns.

    python -m cocoqa_keras.evaluation.build_wordnet_tables COCOQA_TEXT [--wordnet DIR] [--output DIR]

COCOQA_TEXT is the folder of COCO-QA's text release, DIR that of WordNet 3.0. Equal input makes equal tables.
"""

import argparse
from pathlib import Path

from cocoqa_keras.data.cocoqa_text import read_cocoqa_text
from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.non_nouns import non_nouns
from cocoqa_keras.evaluation.wordnet import WordNet, find_wordnet
from cocoqa_keras.evaluation.wordnet_tables import packaged_folder, write_non_nouns, write_similarities


def build_tables(text: Path, wordnet: Path, output: Path) -> None:
    """Writes both tables.

    Args:
        text: the folder of COCO-QA's text release.
        wordnet: the folder of the WordNet 3.0 database.
        output: the folder for the tables.

    Raises:
        InputError: the text or the database is missing or damaged.
    """
    parts = [read_cocoqa_text(text / name) for name in ("train", "test")]
    answers = sorted({answer for part in parts for answer in part.answers})
    words = {word for part in parts for question in part.questions for word in question}
    write_similarities(output, answers, WordNet(wordnet).similarities(answers))
    write_non_nouns(output, non_nouns(words, wordnet))


def main(argv: list[str] | None = None) -> None:
    """Runs the script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", type=Path, help="the folder of COCO-QA's text release")
    parser.add_argument("--wordnet", type=Path, help="the folder of the WordNet 3.0 database")
    parser.add_argument("--output", type=Path, default=packaged_folder(), help="the folder for the tables")
    arguments = parser.parse_args(argv)
    try:
        wordnet = find_wordnet(arguments.wordnet)
        if wordnet is None:
            raise InputError("found no WordNet database: give its folder with --wordnet")
        build_tables(arguments.text, wordnet, arguments.output)
    except InputError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
