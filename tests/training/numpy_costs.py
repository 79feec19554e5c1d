"""Costs in plain numpy: each takes targets, outputs (N, A) and the weights of the examples, (N,).

Written from the description of the 2015 program and its golden figures; nothing of the package is used here.
"""

import numpy as np

COSTS = {}


def cost(name):
    def register(function):
        COSTS[name] = function
        return function

    return register


def log(probabilities):
    return np.log(probabilities + 1e-8)


@cost("crossEntIdx")
def cross_entropy(answers, outputs, weights):
    return np.mean([-w * log(row[t]) for t, row, w in zip(answers, outputs, weights, strict=True)])


@cost("crossEntOne")
def binary_cross_entropy(targets, outputs, weights):
    costs = np.where(targets == 1, -log(outputs), -log(1 - outputs))
    return np.mean(costs * weights[:, None])


def each_by_itself(are_ones, outputs, weights):
    return np.mean(weights * -(log(outputs) * are_ones + log(1 - outputs) * ~are_ones).sum(1))


@cost("crossEntOneIdx")
def one_against_the_others(answers, outputs, weights):
    return each_by_itself(np.eye(outputs.shape[1], dtype=bool)[answers], outputs, weights)


@cost("crossEntOneAccIdx")
def those_above_against_the_others(answers, outputs, weights):
    return each_by_itself(np.arange(outputs.shape[1]) > answers[:, None], outputs, weights)


@cost("rankingLoss")
def ranking(answers, outputs, weights):
    """The margin of the true answer over itself counts with the others, and is taken off at the end."""
    rows = zip(answers, outputs, weights, strict=True)
    return np.mean([w * sum(max(0, 0.1 + y - row[t]) for y in row) for t, row, w in rows]) - 0.1


@cost("mse")
def half_squared_error(targets, outputs, weights):
    return weights @ ((outputs - targets) ** 2).sum(1) / 2 / len(outputs)


@cost("mseEye")
def half_squared_error_of_one_hot(answers, outputs, weights):
    return half_squared_error(np.eye(outputs.shape[1])[answers], outputs, weights)
