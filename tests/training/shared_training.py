"""Trains small models under a strategy and keeps the figures: `python shared_training.py STRATEGY MINI OUT`.

The batches are such that the last one of an epoch is one example, fewer than there are replicas, or odd.
"""

import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Case(NamedTuple):
    """What is trained: in one round or two, with or without weights of the examples."""

    precision: str
    model: str
    config: dict
    rounds: int = 1
    weighted: bool = False


# VIS+LSTM is chaotic: after some thirty epochs the rounding of sums has made it another run.
CASES = {
    "img_bow": Case("float64", "img_bow", {"batchSize": 47, "stepSize": 3}, 2, True),
    "vis_lstm": Case("float64", "vis_lstm", {"batchSize": 47, "numEpoch": 20}, 2),
    "single img_bow": Case("float32", "img_bow", {"batchSize": 57, "numEpoch": 5}),
    "single vis_lstm": Case("float32", "vis_lstm", {"batchSize": 47, "numEpoch": 5}),
}
# What is enough where the replicas are devices of one process.
CASES_OF_DEVICES = {"vis_lstm of devices": Case("float64", "vis_lstm", {"batchSize": 47, "numEpoch": 4}, 2)}


def trained(mini, name, case):
    """The records and the last weights of a case, under the strategy in scope."""
    import keras

    from cocoqa_keras.data.dataset import load_dataset
    from cocoqa_keras.data.features import SparseFeatures
    from cocoqa_keras.spec import load_spec, load_training_config
    from cocoqa_keras.training.example_weights import write_example_weights
    from cocoqa_keras.training.reporter import SilentReporter
    from cocoqa_keras.training.trainer import Trainer

    keras.config.set_floatx(case.precision)
    keras.config.set_dtype_policy(case.precision)
    dataset = load_dataset(mini / "data")
    with (
        SparseFeatures(mini / "data" / "hidden_mini.h5") as features,
        tempfile.TemporaryDirectory() as folder,
    ):
        weights = Path(folder) / "weights" if case.weighted else None
        if case.weighted:
            parts = {"train": dataset.train, "valid": dataset.valid}
            write_example_weights(weights, {key: np.linspace(0, 2, len(part)) for key, part in parts.items()})
        trainer = Trainer(
            load_spec(mini / "models" / f"{case.model}_mini.model.yml"),
            dataset,
            features,
            load_training_config(mini / "train.yml", case.config),
            output=folder,
            example_weights=weights,
            exports=False,
            tensorboard=False,
            reporter=SilentReporter(),
        )
        rounds = [trainer.train_round_one()]
        if case.rounds == 2:
            rounds.append(trainer.train_round_two(rounds[0].stopping.training_score))
    figures = {
        f"{name}/round {number}": [
            (r.training_loss, r.training_rate, r.validation_loss, r.validation_rate) for r in round_.records
        ]
        for number, round_ in enumerate(rounds, 1)
    }
    for number, weight in enumerate(rounds[-1].training.model.get_weights()):
        figures[f"{name}/weight {number}"] = weight
    return figures


def main(strategy, mini, out):
    import tensorflow as tf

    from cocoqa_keras.errors import InputError
    from cocoqa_keras.training.distribution import check_agreement, training_strategy

    if strategy == "mirrored":
        (processor,) = tf.config.list_physical_devices("CPU")
        two = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(processor, two)
    with training_strategy(strategy) as writes:
        figures = {}
        for name, case in (CASES_OF_DEVICES if strategy == "mirrored" else CASES).items():
            figures.update(trained(Path(mini), name, case))
        figures["replicas"] = tf.distribute.get_strategy().num_replicas_in_sync
        figures["writes"] = writes
        with complaint(InputError) as complaints:
            check_agreement(lambda: {"the data": "same", "the seed": 0 if writes else 1})
        figures["complaints"] = complaints
    np.savez(out, **figures)


@contextmanager
def complaint(kind):
    """Collects the message of an error."""
    messages = []
    try:
        yield messages
    except kind as error:
        messages.append(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
