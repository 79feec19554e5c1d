"""Initial weights drawn from numpy's random state, which repeat the 2015 program's to the last bit."""

import keras
import numpy as np

from cocoqa_keras.serialization import serializable

BLOCK_ROWS = 8192


@serializable
class RandomStateUniform(keras.initializers.Initializer):
    """Uniform numbers from `numpy.random.RandomState(seed)`, centred on zero unless `positive`.

    Args:
        seed: seed of the random state.
        init_range: width of the interval.
        bias_constant: the last row is this constant and is not drawn.
        positive: draw from (0, init_range) instead of (-init_range / 2, init_range / 2).

    Reference:
        The 2015 program's initialisation of maps, tables and LSTM gates.
    """

    def __init__(
        self, seed: int, init_range: float = 1.0, bias_constant: float | None = None, positive: bool = False
    ) -> None:
        self.seed = seed
        self.init_range = init_range
        self.bias_constant = bias_constant
        self.positive = positive

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> keras.KerasTensor:
        """Draws a matrix of `shape`; with a bias constant its last row is that constant."""
        values = np.empty(shape, dtype or keras.config.floatx())
        drawn_rows = len(values) if self.bias_constant is None else len(values) - 1
        low = 0.0 if self.positive else -self.init_range / 2
        random = np.random.RandomState(self.seed)
        # Block by block: a table of a million words needs no copy of itself in float64.
        for start in range(0, drawn_rows, BLOCK_ROWS):
            block = values[start : min(start + BLOCK_ROWS, drawn_rows)]
            block[...] = random.uniform(low, low + self.init_range, block.shape)
        if self.bias_constant is not None:
            values[-1] = self.bias_constant
        return keras.ops.convert_to_tensor(values)

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {
            "seed": self.seed,
            "init_range": self.init_range,
            "bias_constant": self.bias_constant,
            "positive": self.positive,
        }


@serializable
class OneMatrixLSTMUniform(keras.initializers.Initializer):
    """The weights of a `OneMatrixLSTM`, drawn from one `numpy.random.RandomState(seed)`, centred on zero.

    What the gates see is drawn kind by kind: for the inputs of the gates I, F, Z and O, then for the hidden
    states of these, then for the cells of I, F and O. Biases are one, and zero for Z.

    Args:
        seed: seed of the random state.
        init_range: width of the interval.

    Reference:
        The 2015 program's initialisation of `lstm_old`.
    """

    def __init__(self, seed: int, init_range: float = 1.0) -> None:
        self.seed = seed
        self.init_range = init_range

    def __call__(self, shape: tuple[int, int], dtype: str | None = None) -> keras.KerasTensor:
        """Draws a matrix of shape (H, 4 D + 7 H + 4) for D inputs and H units."""
        units = shape[0]
        width = (shape[1] - 7 * units - 4) // 4
        random = np.random.RandomState(self.seed)

        def draw(columns: int, gates: str) -> dict[str, np.ndarray]:
            limit = self.init_range / 2
            return {gate: random.uniform(-limit, limit, (units, columns)) for gate in gates}

        seen = draw(width, "IFZO"), draw(units, "IFZO"), draw(units, "IFO")
        blocks = []
        for gate in "IFZO":
            blocks += [kind[gate] for kind in seen if gate in kind]
            blocks.append(np.full((units, 1), 0.0 if gate == "Z" else 1.0))
        return keras.ops.convert_to_tensor(np.concatenate(blocks, 1), dtype or keras.config.floatx())

    def get_config(self) -> dict:
        """The arguments, for saving."""
        return {"seed": self.seed, "init_range": self.init_range}
