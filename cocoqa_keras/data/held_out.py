"""Holding out some of the questions, image by image."""

import hashlib
from collections import Counter

from cocoqa_keras.data.examples import Examples


def hold_out(examples: Examples, count: int) -> tuple[Examples, Examples]:
    """Splits off at least `count` questions.

    The questions about one image stay together, since they give each other's answers away. Images are taken
    in the order of the SHA-256 of their names: the same ones each time, whatever the order of the questions.

    Args:
        examples: the questions.
        count: how many to hold out; more are where the last image brings more.

    Returns:
        what is left, and what is held out.
    """
    questions_about = Counter(examples.images)
    held = set()
    for image in sorted(questions_about, key=lambda name: hashlib.sha256(name.encode()).digest()):
        if count <= 0:
            break
        held.add(image)
        count -= questions_about[image]
    return (
        Examples.of(row for row in examples if row.image not in held),
        Examples.of(row for row in examples if row.image in held),
    )
