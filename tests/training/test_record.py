"""The lines that training prints and the table that it writes."""

import re

import numpy as np
import pytest
import tensorflow as tf

from cocoqa_keras.layers import AffineMap, PeepholeLSTM
from cocoqa_keras.training.optimizer import StageSettings, StagewiseSGD
from cocoqa_keras.training.record import Record, write_csv
from cocoqa_keras.training.weight_record import weight_records

EPOCH = re.compile(r"N: +(\d+) T: +(\d+)  TE: +(\S+)  TR: +(\S+)  VE: +(\S+)  VR: +(\S+)")
STAGE = re.compile(r"ST: +(\S+)  GN: +(\S+)  GC: +(\S+)  WN: +(\S+)  WC: +(\S+) *")


def log_lines(mini, start):
    lines = (mini / "vis_lstm_mini.log").read_text().splitlines()
    found = [line for line in lines if line.startswith(start)]
    assert len(found) > 10
    return found


def test_the_lines_of_epochs_are_those_of_the_2015_program(mini):
    for line in log_lines(mini, "N:"):
        epoch, seconds, *figures = EPOCH.fullmatch(line).groups()
        assert Record(int(epoch), float(seconds), *map(float, figures)).line == line


def optimizer_of(stage, layer, shape):
    layer.build(shape)
    optimizer = StagewiseSGD([stage], steps_per_epoch=2)
    optimizer.build(layer.trainable_variables)
    return optimizer


def test_the_lines_of_stages_are_those_of_the_2015_program(mini):
    """Each line is rebuilt from its own figures; only trailing blanks are ours to drop."""
    for line in log_lines(mini, "ST:")[:14]:
        name, norm, gradient_clip, weight_norm, weight_clip = STAGE.fullmatch(line).groups()
        settings = StageSettings("x", 0.1, gradient_clip=float(gradient_clip), weight_clip=float(weight_clip))
        if "." in name:
            continue
        settings = StageSettings(**{**vars(settings), "stage": name})
        layer = AffineMap(1, use_bias=False, name=name)
        optimizer = optimizer_of(settings, layer, (None, 1))
        layer.kernel.assign([[float(weight_norm)]])
        optimizer.gradient_norms[0].assign(float(norm))
        (record,) = weight_records(optimizer)
        assert record.line == line.rstrip()


def test_each_gate_of_an_lstm_has_a_line_in_the_order_of_weight_files():
    layer = PeepholeLSTM(2, name="lstm")
    optimizer = optimizer_of(StageSettings("lstm", 0.1, gradient_clip=0.1), layer, (None, None, 3))
    gradients = [tf.ones_like(weight.value) for weight in layer.trainable_variables]
    optimizer.apply(gradients, layer.trainable_variables)
    lines = [STAGE.fullmatch(record.line).groups() for record in weight_records(optimizer)]
    assert [line[0] for line in lines] == ["lstm.I-0", "lstm.F-0", "lstm.Z-0", "lstm.O-0"]
    for line, weight in zip(lines, layer.trainable_variables, strict=True):
        assert float(line[1]) == pytest.approx(np.sqrt(weight.shape[0] * 2), abs=1e-4)
        assert float(line[3]) == pytest.approx(np.linalg.norm(weight.numpy()), abs=1e-4)


def test_the_learning_rate_of_a_weight_falls_with_the_epochs():
    layer = AffineMap(1, name="map")
    optimizer = optimizer_of(StageSettings("map", 0.8, learning_rate_decay=0.5), layer, (None, 1))
    rates = []
    for _ in range(3):
        for _ in range(optimizer.steps_per_epoch):
            optimizer.apply([tf.zeros((2, 1))], layer.trainable_variables)
        rates += [record.learning_rate for record in weight_records(optimizer)]
    assert rates == pytest.approx([0.8, 0.8 / 1.5, 0.8 / 2])


def test_the_table_has_a_row_a_record(tmp_path):
    write_csv(tmp_path / "run.csv", [Record(0, 1.5, 2.25, 0.5), Record(1, 2.5, 1 / 3, 0.75, 2.0, 0.25)])
    assert (tmp_path / "run.csv").read_text().splitlines() == [
        "epoch,TE,TR,VE,VR",
        "0,2.25,0.5,0,0",
        "1,0.3333333333,0.75,2,0.25",
    ]
