"""What the user is told when numbers are no longer finite, and that no weight comes to harm."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from reporters import Lines

from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.formats import read_weights
from cocoqa_keras.data.pipeline import BatchReader
from cocoqa_keras.errors import InputError
from cocoqa_keras.layers import LookupTable
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo, fit_sizes
from cocoqa_keras.spec import TrainingConfig
from cocoqa_keras.training.costs import cost_of
from cocoqa_keras.training.divergence import DivergenceError, DivergenceGuard
from cocoqa_keras.training.optimizer import StageSettings, StagewiseSGD
from cocoqa_keras.training.run_folder import RunFolder
from cocoqa_keras.training.step import TrainingStep
from cocoqa_keras.training.trainer import Trainer
from cocoqa_keras.training.weighted_split import WeightedSplit

BAD_ROW = 3


class Features(SparseFeatures):
    """Features as they are read, changed by a function of the rows and their numbers."""

    def __init__(self, path, change):
        super().__init__(path)
        self._change = change

    def read(self, rows):
        return self._change(np.asarray(rows), super().read(rows))


def hole(rows, numbers):
    """Not a number in one row."""
    return np.where(rows[:, None] == BAD_ROW, np.float32(np.nan), numbers)


def huge(rows, numbers):
    """Finite numbers, whose squares are not."""
    return numbers * np.float32(1e25)


@pytest.fixture
def trainer(tiny_spec, tiny_dataset, tiny_folder, tmp_path):
    """Makes a trainer: a model, what is done to features, values of its stages, and of the configuration."""

    def make(model="img_bow", change=lambda rows, numbers: numbers, stages=None, on_nan="stop", **config):
        return Trainer(
            tiny_spec(model, stages),
            config.pop("dataset", tiny_dataset),
            Features(tiny_folder.parent / "hidden_oxford_mscoco.h5", change),
            TrainingConfig(**{"numEpoch": 3, "batchSize": 4, "plotFigs": False, **config}),
            output=tmp_path / "results",
            exports=False,
            tensorboard=False,
            reporter=Lines(),
            on_nan=on_nan,
        )

    return make


def stopped(train):
    """The one line that a training ends with."""
    with pytest.raises(DivergenceError) as caught:
        train()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def checkpoint_of(folder):
    return RunFolder(folder).checkpoints.load()


def is_finite(checkpoint):
    """Whether a run can go on from a state."""
    return all(np.isfinite(array).all() for array in checkpoint.arrays.values())


def without_clips(rate):
    return {
        f"{stage}.{field}": value
        for stage in ("txtDict", "softmax")
        for field, value in {"learningRate": rate, "gradientClip": "0", "weightClip": "0"}.items()
    }


def test_a_learning_rate_that_is_too_high_is_told_with_batch_and_stage(trainer, tmp_path):
    error = stopped(trainer("bow", stages=without_clips("1e20")).train_round_one)
    assert error.startswith("epoch 0, batch 2 of 4: the output of stage 'softmax' is not finite")
    assert "in stage 'softmax': lower its learningRate (1e+20) or set its gradientClip" in error
    assert "--on-nan skip" in error
    (folder,) = (tmp_path / "results").iterdir()
    assert is_finite(checkpoint_of(folder))


def test_an_update_that_overflows_is_told_before_anything_is_written(trainer, tmp_path):
    stages = {"softmax.learningRate": "1e20", "softmax.weightRegConst": "1e30", "softmax.weightClip": "0"}
    for on_nan in ("stop", "skip"):
        error = stopped(trainer("bow", stages=stages, on_nan=on_nan, batchSize=14).train_round_one)
        assert error.startswith("epoch 0: the weights of stage 'softmax' are no longer finite")
    assert list((tmp_path / "results").iterdir()) == []


def test_a_bad_feature_is_told_as_such(trainer):
    error = stopped(lambda: trainer(change=hole).train_round_one())
    assert f"image row {BAD_ROW} (image id {BAD_ROW + 1}) has a feature that is not finite" in error
    assert error.endswith("correct the image features, or leave such batches out (--on-nan skip)")


def test_a_bad_example_weight_is_told_as_such(trainer, tiny_dataset):
    weights = np.ones(14)
    weights[5] = np.inf
    dataset = replace(tiny_dataset, train=WeightedSplit.of(tiny_dataset.train, weights))
    error = stopped(trainer("bow", dataset=dataset).train_round_one)
    assert f"an example about image row {tiny_dataset.train.image_ids[5] - 1} has the weight inf" in error


@pytest.mark.parametrize(
    ("model", "stages", "stage"),
    [("img_bow", {}, "stage 'softmax'"), ("vis_lstm", {"softmax.learningRate": "0"}, "stage 'lstm' (gate ")],
)
def test_a_norm_that_overflows_is_told_though_its_gradient_is_finite(
    trainer, model, stages, stage, tiny_dataset
):
    weighted = WeightedSplit.of(tiny_dataset.train, np.full(14, 1e25))
    error = stopped(
        trainer(model, stages=stages, dataset=replace(tiny_dataset, train=weighted)).train_round_one
    )
    assert error.startswith(f"epoch 0, batch 1 of 4: the gradient norm of {stage}")
    assert "is inf (its largest number: " in error


def test_validation_that_is_not_finite_ends_training(trainer, tiny_dataset):
    images = tiny_dataset.train.image_ids
    kept = tiny_dataset.train.take(images != BAD_ROW + 1)
    assert BAD_ROW + 1 in tiny_dataset.valid.image_ids
    error = stopped(
        trainer(change=hole, dataset=replace(tiny_dataset, train=kept), on_nan="skip").train_round_one
    )
    assert error.startswith(f"epoch 0: the validation loss is nan: image row {BAD_ROW} ")


def test_the_last_good_weights_are_kept(trainer, tmp_path):
    reads = []

    def from_the_second_epoch_on(rows, numbers):
        reads.append(len(rows))
        return numbers if sum(reads) <= 20 else hole(rows, numbers)

    runner = trainer(change=from_the_second_epoch_on)
    error = stopped(lambda: runner.train_round_two(0.0))
    assert error.startswith("epoch 1, ")
    (folder,) = (tmp_path / "results").iterdir()
    assert runner.reporter.lines[-1] == f"To go on from the last checkpoint: cocoqa-train --resume {folder}"
    assert all(np.isfinite(entry).all() for entry in read_weights(folder / f"{folder.name}.w.npy"))
    assert is_finite(checkpoint_of(folder))
    assert checkpoint_of(folder).facts["progress"]["epoch"] == 1


@pytest.mark.parametrize("model", ["img_bow", "vis_lstm"])
def test_a_run_that_has_stopped_can_go_on_without_the_batch(trainer, tmp_path, model):
    settings = {"model": model, "change": hole, "batchSize": 2, "needValid": False}
    whole = trainer(**settings, on_nan="skip").train()
    expected = read_weights(whole.file(".w.npy"))
    error = stopped(trainer(**settings).train)
    (folder,) = set((tmp_path / "results").iterdir()) - {whole.path}
    assert stopped(lambda: trainer(**settings).resume(folder)) == error  # the very batch again
    again = trainer(**settings, on_nan="skip").resume(folder)
    for entry, other in zip(read_weights(again.file(".w.npy")), expected, strict=True):
        np.testing.assert_array_equal(entry, other)
    assert again.file(".csv").read_bytes() == whole.file(".csv").read_bytes()


def test_skipped_batches_are_told_and_counted(trainer, tiny_dataset):
    runner = trainer(change=hole, on_nan="skip", batchSize=1, numEpoch=2)
    round_ = runner.train_round_two(0.0)
    train = tiny_dataset.train.followed_by(tiny_dataset.valid)
    bad = int(np.sum(train.image_ids == BAD_ROW + 1))
    assert 0 < bad < len(train)
    lines = [line for line in runner.reporter.lines if line.startswith("Skipped")]
    assert sum(line.startswith("Skipped epoch ") for line in lines) == 2 * bad
    assert lines.count(f"Skipped {bad} of {len(train)} batches; loss and rate are those of the others") == 2
    assert json.loads((round_.folder.path / "run.json").read_text())["training"]["skipped_batches"] == 2 * bad
    assert all(np.isfinite(record.training_loss) for record in round_.records)


def test_training_ends_where_every_batch_is_skipped(trainer):
    runner = trainer(change=lambda rows, numbers: numbers * np.float32(np.nan), on_nan="skip")
    assert stopped(runner.train_round_one).startswith("epoch 0: all 4 batches were skipped")


def test_another_answer_to_nan_is_refused(trainer):
    with pytest.raises(InputError, match="on_nan 'go on': give stop or skip"):
        trainer(on_nan="go on")


def steps(spec, dataset, features, batches, bad=()):
    """The model, trained on batches of examples; of those in `bad`, with features that are not finite."""
    info = DatasetInfo.of(dataset, features)
    sized, _ = fit_sizes(spec, info)
    model = build_model(sized, info)
    model.compile(StagewiseSGD.from_spec(sized), cost_of(sized), jit_compile=False)
    reader = BatchReader.for_model(model, dataset.train, features)
    step, guard = TrainingStep(model), DivergenceGuard(model, reader, "skip", Lines())
    for number, rows in enumerate(batches):
        inputs, answers = next(reader.iterate(lambda epoch, rows=rows: rows, 1, len(rows)))
        if number in bad:
            inputs["image"] *= np.nan
        loss, _ = step(inputs, answers)
        assert np.isfinite(loss) == (number not in bad)
        if number in bad:
            guard.skip((inputs, answers), f"batch {number}")
    model.optimizer.settle()
    return model


@pytest.mark.parametrize("model", ["img_bow", "vis_lstm"])
def test_a_skipped_batch_leaves_the_weights_as_if_it_had_not_been(
    model, tiny_spec, tiny_dataset, tiny_features
):
    spec = tiny_spec(model, {"dropout.dropoutRate": "0"} if model == "vis_lstm" else {})
    batches = [np.arange(start, start + 4) for start in (0, 4, 8, 2, 6)]
    skipping = steps(spec, tiny_dataset, tiny_features, batches, bad=(1, 3))
    without = steps(spec, tiny_dataset, tiny_features, [batches[0], batches[2], batches[4]])
    for ours, expected in zip(skipping.get_weights(), without.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_the_batch_after_a_skipped_one_has_the_dropout_mask_that_it_would_have_had(
    tiny_spec, tiny_dataset, tiny_features
):
    batches = [np.arange(4)] * 3
    model = steps(tiny_spec("vis_lstm"), tiny_dataset, tiny_features, batches, bad=(1,))
    assert int(model.get_layer("dropout").masks_drawn) == 3


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_rows_that_move_lazily_do_not_move_in_a_skipped_step(bad):
    def trained(gradients):
        table = LookupTable(6, 3, "ones", name="table")
        table.build((None,))
        optimizer = StagewiseSGD([StageSettings("table", 0.3, momentum=0.9, weight_clip=4.0)])
        for rows, values in gradients:
            values = tf.constant(values, tf.float32, (len(rows), 3))
            optimizer.apply(
                [tf.IndexedSlices(values, tf.constant(rows), tf.constant([6, 3]))], [table.embeddings]
            )
        optimizer.settle()
        state = (table.embeddings, *optimizer.variables)
        return [variable.numpy() for variable in state if len(variable.shape)], optimizer

    good = [([0, 2, 2], 0.5), ([1, 2], -1.0), ([5], 0.25)]
    ours, optimizer = trained([good[0], ([2, 3], bad), good[1], ([0], bad), good[2]])
    expected, _ = trained(good)
    assert int(optimizer.skipped_batches) == 2
    for values, expected_values in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(values, expected_values)


def test_a_step_whose_loss_alone_is_not_finite_updates_nothing():
    table = LookupTable(2, 2, "ones", name="table")
    table.build((None,))
    optimizer = StagewiseSGD([StageSettings("table", 0.3)])
    optimizer.apply([tf.ones((2, 2))], [table.embeddings], loss=tf.constant(np.inf))
    np.testing.assert_array_equal(table.embeddings, np.ones((2, 2)))
    optimizer.apply([tf.ones((2, 2))], [table.embeddings], loss=tf.constant(1.0))
    assert (table.embeddings.numpy() < 1).all()
