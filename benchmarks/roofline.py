"""What a training step must compute at least, to compare with the machine's rate of matrix products."""

from pathlib import Path

import numpy as np

from benchmarks.contenders import BATCH_SIZE, UNITS, WIDTH, batches, load


def training_operations(model: str, folder: Path) -> float:
    """Floating-point operations of the matrix products of a training step, an example.

    Each distinct word of a batch is projected once, the recurrence takes the real steps only, and nothing
    but weights and word vectors gets a gradient.
    """
    dataset, features = load(model, folder)
    image = 0 if features is None else features.shape[1]
    answers = dataset.answer_count
    if model.endswith("bow"):
        return 2 * answers * (2 * (WIDTH + image + 1) + WIDTH)
    directions = 2 if model == "2_vis_blstm" else 1
    images = directions if image else 0
    source = batches(dataset.train, None, BATCH_SIZE, endless=True)
    questions = [next(source)[0] for _ in range(50)]
    distinct = np.mean([np.count_nonzero(np.unique(batch)) for batch in questions]) / BATCH_SIZE
    steps = np.mean([np.count_nonzero(batch) for batch in questions]) / BATCH_SIZE + images
    # Forward, and backward by the input and by the weights.
    projection = 3 * 2 * (distinct + images) * WIDTH * 4 * UNITS
    recurrence = 3 * 2 * steps * UNITS * (4 + 3) * UNITS
    answer = 3 * 2 * directions * UNITS * answers
    return directions * (projection + recurrence) + images * 2 * 2 * image * WIDTH + answer
