"""Stages of model files as they are described there, for small models."""


def a_map(name="map", inputs="input", **fields):
    """A map to two numbers; fields are added or replaced."""
    return {"name": name, "type": "map", "inputs": inputs, "outputDim": 2, "activeFn": "tanh", **fields}
