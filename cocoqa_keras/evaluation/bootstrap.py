"""Intervals of a mean by the bootstrap."""

import numpy as np

RESAMPLES = 1000
LEVEL = 0.95


def mean_interval(
    values: np.ndarray, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = 0
) -> tuple[float, float]:
    """The percentile bootstrap interval of the mean over questions.

    For the difference of two models on the same questions, give the differences question by question.

    Args:
        values: (N,), a value for each question, such as whether it was answered rightly.
        resamples: how many samples of N questions are drawn, with replacement.
        level: the share of the resamples' means that lie inside.
        seed: of the random numbers; equal seeds give equal intervals.

    Returns:
        lower and upper end.
    """
    # A resample is told by how often it has each value, so it is drawn as such: the distribution is that of
    # drawing questions, and the work does not grow with their number.
    distinct, counts = np.unique(values, return_counts=True)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(values), counts / len(values), size=resamples)
    means = drawn @ distinct.astype(np.float64) / len(values)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
