"""How nearly vectors point in the same direction."""

import numpy as np


def cosines(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The cosine of the angle between each of some vectors and each of others, 0 for a zero vector.

    Args:
        vectors: (M, D)
        others: (N, D)

    Returns:
        (M, N)
    """
    return _directions(vectors) @ _directions(others).T


def _directions(vectors: np.ndarray) -> np.ndarray:
    """The vectors at length 1; a zero vector as it is."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms == 0, 1, norms)
