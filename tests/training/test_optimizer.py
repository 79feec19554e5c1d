"""The update rule against a slow one, and everything that must leave it as it is."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from cocoqa_keras.data.pipeline import BatchReader, EpochOrders
from cocoqa_keras.layers import (
    AffineMap,
    LookupTable,
    PeepholeLSTM,
    RandomStateUniform,
    SumOverTime,
    TimeFold,
)
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.spec import TrainingConfig
from cocoqa_keras.training.costs import cost_of
from cocoqa_keras.training.optimizer import StageSettings, StagewiseSGD
from cocoqa_keras.training.reporter import SilentReporter
from cocoqa_keras.training.trainer import Trainer

pytestmark = pytest.mark.usefixtures("float64")

SETTINGS = {
    "plain": {"learning_rate": 0.3},
    "momentum": {"learning_rate": 0.3, "momentum": 0.9},
    "full momentum": {"learning_rate": 0.01, "momentum": 1.0},
    "gradient clip": {"learning_rate": 0.3, "momentum": 0.9, "gradient_clip": 0.5},
    "gradient clip that never acts": {"learning_rate": 0.3, "momentum": 0.9, "gradient_clip": 1e3},
    "weight clip": {"learning_rate": 0.3, "momentum": 0.9, "weight_clip": 1.0},
    "weight clip that acts now and then": {"learning_rate": 0.3, "momentum": 0.5, "weight_clip": 3.0},
    "weight clip that never acts": {"learning_rate": 0.3, "momentum": 0.9, "weight_clip": 1e3},
    "weight decay": {"learning_rate": 0.3, "momentum": 0.9, "weight_decay": 0.1},
    "annealing": {"learning_rate": 0.3, "learning_rate_decay": 0.5, "momentum": 0.9, "weight_decay": 0.1},
    "falling momentum": {"learning_rate": 0.3, "momentum": 0.9, "momentum_decay": 0.3},
    "everything": {
        "learning_rate": 0.3,
        "learning_rate_decay": 0.5,
        "momentum": 0.9,
        "momentum_decay": 0.2,
        "gradient_clip": 0.5,
        "weight_clip": 1.5,
        "weight_decay": 0.1,
    },
}
STEPS_PER_EPOCH = 4


class SlowRule:
    """The rule as the 2015 program states it, on a whole matrix."""

    def __init__(self, weight, stage):
        self.weight = np.array(weight, np.float64)
        self.velocity = np.zeros_like(self.weight)
        self.stage = stage
        self.steps = 0
        self.rate, self.momentum = stage.learning_rate, stage.momentum

    def step(self, gradient):
        stage = self.stage
        norm = np.sqrt(np.sum(gradient**2))
        if stage.gradient_clip and norm > stage.gradient_clip:
            gradient = gradient * stage.gradient_clip / norm
        self.velocity = -self.rate * gradient + self.momentum * self.velocity
        self.weight = self.weight + self.velocity
        self.weight = self.weight - self.rate * stage.weight_decay * self.weight
        size = np.sqrt(np.sum(self.weight**2))
        if stage.weight_clip and size > stage.weight_clip:
            self.weight = self.weight * stage.weight_clip / size
        self.steps += 1
        if self.steps % STEPS_PER_EPOCH == 0:
            epoch = self.steps // STEPS_PER_EPOCH - 1
            self.rate = stage.learning_rate / (1 + stage.learning_rate_decay * epoch)
            self.momentum -= stage.momentum_decay
        return norm


def settings_of(what, stage):
    return StageSettings(stage=stage, **SETTINGS[what])


def variable_of(path_layer, name, value):
    """A weight of a layer of the given name."""
    layer = keras.layers.Layer(name=path_layer)
    return layer.add_weight(
        name=name, shape=value.shape, initializer=lambda shape, dtype=None: tf.constant(value, dtype)
    )


@pytest.mark.parametrize("what", SETTINGS)
def test_a_dense_weight_follows_the_rule(what):
    random = np.random.RandomState(0)
    weight = variable_of("map", "kernel", random.standard_normal((4, 3)))
    rule = SlowRule(weight.numpy(), settings_of(what, "map"))
    optimizer = StagewiseSGD([settings_of(what, "map")], STEPS_PER_EPOCH)
    for _ in range(24):
        gradient = random.standard_normal((4, 3))
        optimizer.apply([tf.constant(gradient)], [weight])
        norm = rule.step(gradient)
        np.testing.assert_allclose(weight, rule.weight, rtol=1e-12)
        np.testing.assert_allclose(optimizer.gradient_norms[0], norm, rtol=1e-14)


def table_of(random, rows=6, width=3):
    layer = LookupTable(rows, width, RandomStateUniform(1, 2.0), name="table")
    layer.build((None,))
    return layer


def sparse_gradient(random, rows, shape):
    """A gradient that touches some rows, in any order; and the same as a matrix."""
    values = random.standard_normal((len(rows), shape[1]))
    dense = np.zeros(shape)
    np.add.at(dense, rows, values)
    indices = tf.constant(np.array(rows, np.int32))
    return tf.IndexedSlices(tf.constant(values), indices, tf.constant(shape)), dense


@pytest.mark.parametrize("what", SETTINGS)
def test_a_table_follows_the_rule_whatever_rows_a_step_touches(what):
    """What the layer reads is right after each step; what the variable holds, after `settle`."""
    random = np.random.RandomState(3)
    layer = table_of(random)
    optimizer = StagewiseSGD([settings_of(what, "table")], STEPS_PER_EPOCH)
    rule = SlowRule(layer.embeddings.numpy(), settings_of(what, "table"))
    everything = np.arange(1, 7)
    for step in range(30):
        rows = random.permutation(6)[: random.randint(0, 4)]
        gradient, dense = sparse_gradient(random, rows, (6, 3))
        optimizer.apply([gradient], [layer.embeddings])
        norm = rule.step(dense)
        np.testing.assert_allclose(layer(everything), rule.weight, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(optimizer.gradient_norms[0], norm, rtol=1e-13)
        if step % 7 == 6:
            optimizer.settle()
            np.testing.assert_allclose(layer.embeddings, rule.weight, rtol=1e-9, atol=1e-12)


@given(
    batches=st.lists(st.lists(st.integers(0, 5), max_size=6), min_size=1, max_size=12),
    momentum=st.floats(0, 0.99),
    weight_clip=st.sampled_from([0.0, 0.5, 2.0, 50.0]),
)
@settings(max_examples=20)
def test_any_sequence_of_batches_moves_a_table_by_the_rule(batches, momentum, weight_clip):
    """Rows may occur several times in a batch, as words do."""
    random = np.random.RandomState(7)
    layer = table_of(random)
    stage = StageSettings("table", 0.4, momentum=momentum, gradient_clip=0.7, weight_clip=weight_clip)
    optimizer = StagewiseSGD([stage])
    rule = SlowRule(layer.embeddings.numpy(), stage)
    for rows in batches:
        gradient, dense = sparse_gradient(random, rows, (6, 3))
        optimizer.apply([gradient], [layer.embeddings])
        rule.step(dense)
    np.testing.assert_allclose(layer(np.arange(1, 7)), rule.weight, rtol=1e-8, atol=1e-11)
    optimizer.settle()
    np.testing.assert_allclose(layer.embeddings, rule.weight, rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("weight_clip", [100.0, 1.0])  # never and always reached
def test_a_row_that_rests_for_many_steps_ends_where_the_rule_puts_it(weight_clip):
    random = np.random.RandomState(3)
    layer = table_of(random)
    stage = StageSettings("table", 0.4, momentum=0.95, weight_clip=weight_clip)
    optimizer = StagewiseSGD([stage])
    rule = SlowRule(layer.embeddings.numpy(), stage)
    optimizer.build([layer.embeddings])
    apply = tf.function(lambda gradient: optimizer.apply([gradient], [layer.embeddings]))
    for step in range(1100):  # until it is at rest, and longer
        rows = [0, 1] if step == 0 else [1]
        gradient, dense = sparse_gradient(random, rows, (6, 3))
        apply(tf.IndexedSlices(gradient.values * 0.01, gradient.indices, gradient.dense_shape))
        rule.step(dense * 0.01)
    optimizer.settle()
    np.testing.assert_allclose(layer.embeddings, rule.weight, rtol=1e-7)


def test_settling_twice_changes_nothing_and_neither_does_settling_in_between():
    tables = []
    for settles in (False, True):
        random = np.random.RandomState(3)
        layer = table_of(random)
        optimizer = StagewiseSGD([StageSettings("table", 0.4, momentum=0.9, weight_clip=3.0)])
        for _ in range(6):
            gradient, _ = sparse_gradient(random, random.permutation(6)[:2], (6, 3))
            optimizer.apply([gradient], [layer.embeddings])
            if settles:
                optimizer.settle()
        optimizer.settle()
        once = layer.embeddings.numpy()
        optimizer.settle()
        np.testing.assert_array_equal(layer.embeddings, once)
        tables.append(once)
    np.testing.assert_allclose(tables[1], tables[0], rtol=1e-13)


def test_each_gate_of_an_lstm_is_clipped_by_itself():
    layer = PeepholeLSTM(2, name="lstm")
    layer.build((None, None, 3))
    optimizer = StagewiseSGD([StageSettings("lstm", 1.0, gradient_clip=0.1)])
    before = [weight.numpy() for weight in layer.trainable_variables]
    gradients = [
        tf.ones_like(weight.value) * size for size, weight in enumerate(layer.trainable_variables, 1)
    ]
    optimizer.apply(gradients, layer.trainable_variables)
    for weight, old in zip(layer.trainable_variables, before, strict=True):
        np.testing.assert_allclose(np.linalg.norm(weight.numpy() - old), 0.1, rtol=1e-12)


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        (["map"], r"weight 'other/kernel' belongs to no stage; each must belong to one of: map"),
        (["map", "other", "other"], r"weight 'other/kernel' belongs to the stages other, other"),
        ([], r"belongs to no stage"),
    ],
)
def test_a_weight_that_not_exactly_one_stage_covers_is_an_error(stages, message):
    weights = [variable_of(name, "kernel", np.ones((2, 2))) for name in ("map", "other")]
    optimizer = StagewiseSGD([StageSettings(name, 0.1) for name in stages])
    with pytest.raises(ValueError, match=message):
        optimizer.build(weights)


def test_a_stage_named_like_a_weight_does_not_cover_it():
    weight = variable_of("map", "kernel", np.ones((2, 2)))
    with pytest.raises(ValueError, match="no stage"):
        StagewiseSGD([StageSettings("kernel", 0.1)]).build([weight])


@pytest.mark.parametrize("what", ["annealing", "falling momentum"])
def test_what_changes_by_epoch_needs_the_steps_of_an_epoch(what):
    with pytest.raises(ValueError, match="stage 'map' changes by epoch: give steps_per_epoch"):
        StagewiseSGD([settings_of(what, "map")])


def test_settings_come_from_the_model_file(tiny_spec):
    optimizer = StagewiseSGD.from_spec(tiny_spec("img_bow"))
    assert [stage.stage for stage in optimizer.settings] == ["txtDict", "softmax"]
    assert optimizer.settings[0] == StageSettings(
        "txtDict", learning_rate=0.8, momentum=0.9, gradient_clip=0.1, weight_clip=1000.0
    )
    assert optimizer.settings[1] == StageSettings(
        "softmax", learning_rate=0.01, momentum=0.9, gradient_clip=0.1, weight_clip=15.0, weight_decay=5e-5
    )


def test_saved_and_loaded_settings_are_equal():
    optimizer = StagewiseSGD([settings_of(what, what.replace(" ", "_")) for what in SETTINGS], 7, 0.5)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert again.settings == optimizer.settings
    assert again.get_config() == optimizer.get_config()
    assert (again.steps_per_epoch, float(again.learning_rate)) == (7, 0.5)


def test_a_schedule_of_the_rate_survives_saving():
    schedule = keras.optimizers.schedules.ExponentialDecay(1.0, 10, 0.5)
    optimizer = StagewiseSGD([StageSettings("map", 0.1)], learning_rate=schedule)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    again.build([])
    again.iterations.assign(10)
    assert float(again.learning_rate) == pytest.approx(0.5)


def test_the_factor_of_the_optimizer_scales_every_rate():
    moved = []
    for factor, rate in ((1.0, 0.1), (0.5, 0.2)):
        weight = variable_of("map", "kernel", np.ones((2, 2)))
        StagewiseSGD([StageSettings("map", rate)], learning_rate=factor).apply(
            [tf.ones((2, 2), "float64")], [weight]
        )
        moved.append(weight.numpy())
    np.testing.assert_allclose(moved[0], 0.9)
    np.testing.assert_allclose(moved[1], moved[0], rtol=1e-12)


def bag_model():
    """Words to answers, small enough to train in a moment."""
    question = keras.Input((None,), dtype="int32", name="question")
    rows = LookupTable(9, 4, RandomStateUniform(1), name="txtDict")(question)
    bag = SumOverTime(name="bow")(TimeFold(name="txtFold")(rows, question))
    answer = AffineMap(4, "softmax", kernel_initializer=RandomStateUniform(2), name="softmax")(bag)
    model = keras.Model(question, answer)
    optimizer = StagewiseSGD(
        [
            StageSettings("txtDict", 0.8, momentum=0.9, gradient_clip=0.1, weight_clip=4.0),
            StageSettings("softmax", 0.1, momentum=0.9, weight_clip=15.0, weight_decay=5e-3),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", jit_compile=False)
    return model


def words_and_answers():
    random = np.random.RandomState(0)
    return [(random.randint(0, 10, (3, 5)), random.randint(0, 4, 3)) for _ in range(12)]


def train(model, batches):
    for question, answer in batches:
        model.train_on_batch(question, answer)


def settled_weights(model):
    model.optimizer.settle()
    return model.get_weights()


@pytest.mark.parametrize("settles", [False, True])
def test_a_model_saved_while_it_trains_goes_on_as_if_nothing_had_happened(tmp_path, settles):
    batches = words_and_answers()
    straight = bag_model()
    train(straight, batches)
    interrupted = bag_model()
    train(interrupted, batches[:5])
    if settles:
        interrupted.optimizer.settle()
    interrupted.save(tmp_path / "model.keras")
    restored = keras.saving.load_model(tmp_path / "model.keras")
    train(restored, batches[5:])
    train(interrupted, batches[5:])  # saving must not disturb the model either
    for weight, other, same in zip(
        settled_weights(straight), settled_weights(restored), settled_weights(interrupted), strict=True
    ):
        np.testing.assert_allclose(other, weight, rtol=1e-12)
        np.testing.assert_allclose(same, weight, rtol=1e-12)


def test_a_model_saved_while_it_trains_answers_as_the_one_in_memory(tmp_path):
    model = bag_model()
    train(model, words_and_answers()[:5])
    question = np.arange(10)[None]
    before = model.predict(question, verbose=0)
    model.save(tmp_path / "model.keras")
    restored = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(restored.predict(question, verbose=0), before, rtol=1e-12)
    np.testing.assert_allclose(model.predict(question, verbose=0), before, rtol=1e-12)


def test_weights_saved_while_a_model_trains_restore_weights_and_motion(tmp_path):
    batches = words_and_answers()
    model = bag_model()
    train(model, batches[:5])
    model.save_weights(tmp_path / "model.weights.h5")
    train(model, batches[5:])
    other = bag_model()
    other.optimizer.build(other.trainable_variables)
    other.load_weights(tmp_path / "model.weights.h5")
    train(other, batches[5:])
    for weight, same in zip(settled_weights(model), settled_weights(other), strict=True):
        np.testing.assert_allclose(same, weight, rtol=1e-12)


def test_a_trained_model_can_be_exported(tmp_path):
    model = bag_model()
    train(model, words_and_answers())
    model.optimizer.settle()
    question = np.arange(10, dtype="int32")[None]
    expected = model.predict(question, verbose=0)
    model.export(tmp_path / "saved_model", verbose=False)
    served = tf.saved_model.load(str(tmp_path / "saved_model"))
    np.testing.assert_allclose(served.serve(tf.constant(question)), expected, rtol=1e-12)


def test_fit_leaves_settled_tables():
    batches = words_and_answers()
    by_hand, fitted = bag_model(), bag_model()
    train(by_hand, batches)
    questions, answers = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    fitted.fit(questions, answers, batch_size=3, shuffle=False, verbose=0)
    held = fitted.get_weights()
    for weight, same in zip(settled_weights(by_hand), held, strict=True):
        np.testing.assert_allclose(same, weight, rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "epochs"), [("img_bow", 1), ("img_bow", 3), ("vis_lstm", 1)])
def test_fit_and_the_trainer_give_the_same_weights(
    tiny_spec, tiny_dataset, tiny_features, tmp_path, name, epochs
):
    """To the last bit where the tables are settled at the same steps: `fit` does so at its end only."""
    spec = tiny_spec(name)
    config = TrainingConfig(numEpoch=epochs, batchSize=4, needValid=False, plotFigs=False)
    options = {"exports": False, "tensorboard": False, "reporter": SilentReporter()}
    trainer = Trainer(spec, tiny_dataset, tiny_features, config, tmp_path, **options)
    trained = trainer.train_only_round().training

    model = build_model(spec, DatasetInfo.of(tiny_dataset, tiny_features))
    model.compile(StagewiseSGD.from_spec(spec), cost_of(spec), jit_compile=False)
    random = np.random.RandomState(1000)
    split = tiny_dataset.train.take(random.permutation(len(tiny_dataset.train)))
    reader = BatchReader.for_model(model, split, tiny_features)
    orders = EpochOrders(len(split), True, random)
    model.fit(
        reader.batches(orders, epochs, 4),
        steps_per_epoch=trained.steps_per_epoch,
        epochs=epochs,
        shuffle=False,
        verbose=0,
    )
    assert len(model.weights) == len(trained.model.weights)
    for weight, same in zip(trained.model.weights, model.weights, strict=True):
        if epochs == 1:
            np.testing.assert_array_equal(same, weight)
        np.testing.assert_allclose(same, weight, rtol=1e-12, atol=1e-15)
