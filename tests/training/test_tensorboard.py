"""What a run shows in TensorBoard, read back as TensorBoard reads it."""

import io
import json
import resource
import shutil
from dataclasses import dataclass, field

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reporters import Lines
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.hparams.metadata import parse_session_start_info_plugin_data
from tensorboard.plugins.projector import ProjectorConfig
from tensorboard.util.tensor_util import make_ndarray

from cocoqa_keras.data.dataset import load_dataset
from cocoqa_keras.data.formats import read_weights
from cocoqa_keras.data.vocabulary import Vocabulary
from cocoqa_keras.errors import InputError
from cocoqa_keras.layers import InnerProduct
from cocoqa_keras.models.zoo import find_model
from cocoqa_keras.spec import TrainingConfig, load_spec
from cocoqa_keras.training.optimizer import StageSettings, StagewiseSGD
from cocoqa_keras.training.record import Record
from cocoqa_keras.training.tensorboard import TensorBoardLog
from cocoqa_keras.training.tensorboard_hyperparameters import hyperparameters
from cocoqa_keras.training.tensorboard_projector import write_projector
from cocoqa_keras.training.tensorboard_samples import Samples, choose_questions
from cocoqa_keras.training.trainer import Trainer
from cocoqa_keras.training.weight_record import WeightRecord, weight_records

RED = (200, 10, 30)
EPOCHS = 6


@dataclass
class Events:
    """The values of each tag by step, and for tags of plugins that keep nothing else, their metadata."""

    values: dict = field(default_factory=dict)
    metadata: dict = field(default_factory=dict)

    @classmethod
    def of(cls, folder):
        (path,) = folder.glob("events.out.tfevents.*")
        events = cls()
        for event in EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                events.metadata.setdefault(value.tag, value.metadata)
                events.values.setdefault(value.tag, {})[event.step] = make_ndarray(value.tensor)
        return events

    def scalars(self, tag):
        """A scalar by record, which has to be numbered from 0."""
        assert self.metadata[tag].plugin_data.plugin_name == "scalars"
        assert list(self.values[tag]) == list(range(len(self.values[tag])))
        return np.array(list(self.values[tag].values()))


def log_folder(round_):
    return round_.folder.path / "tensorboard"


@pytest.fixture(scope="module")
def dataset(tiny_folder, tmp_path_factory):
    """The tiny data with a red picture of each image above them."""
    folder = tmp_path_factory.mktemp("data")
    shutil.copytree(tiny_folder.parent, folder, dirs_exist_ok=True)
    (folder / "images").mkdir()
    for name in range(100, 108):
        Image.new("RGB", (20, 20), RED).save(folder / "images" / f"{name}.png")
    return load_dataset(folder / "cocoqa")


@pytest.fixture(scope="module")
def trainer(tiny_spec, dataset, tiny_features, tmp_path_factory):
    config = TrainingConfig(numEpoch=EPOCHS, batchSize=4, plotFigs=False)
    output = tmp_path_factory.mktemp("results")
    spec = tiny_spec("img_bow")
    return Trainer(spec, dataset, tiny_features, config, output, exports=False, reporter=Lines())


@pytest.fixture(scope="module")
def first(trainer):
    """The first round."""
    return trainer.train_round_one()


@pytest.fixture(scope="module")
def second(trainer):
    """The second round."""
    return trainer.train_round_two(0)


@pytest.fixture(scope="module")
def events(first):
    return Events.of(log_folder(first))


def test_losses_and_rates_are_those_of_the_csv(first, events):
    table = np.loadtxt(first.folder.file(".csv"), delimiter=",", skiprows=1)
    assert len(table) == EPOCHS
    tags = ("loss/training", "rate/training", "loss/validation", "rate/validation")
    for tag, column in zip(tags, table.T[1:], strict=True):
        np.testing.assert_allclose(events.scalars(tag), column, rtol=1e-6)


def test_a_round_without_validation_shows_none(second):
    shown = Events.of(log_folder(second))
    assert len(shown.scalars("loss/training")) == EPOCHS
    assert not {"loss/validation", "rate/validation"} & set(shown.values)


def test_norms_are_those_that_are_printed_and_rates_those_of_the_model_file(trainer, first, events):
    printed = {"txtDict": [], "softmax": []}
    for line in trainer.reporter.lines:
        if line.startswith("ST: ") and len(printed["softmax"]) < EPOCHS:
            _, name, _, gradient_norm, _, _, _, norm, _, _ = line.split()
            printed[name].append((float(gradient_norm), float(norm)))
    for name, figures in printed.items():
        gradient_norms, norms = np.transpose(figures)
        np.testing.assert_allclose(events.scalars(f"stage_gradient_norm/{name}"), gradient_norms, atol=1e-4)
        np.testing.assert_allclose(events.scalars(f"stage_weight_norm/{name}"), norms, atol=1e-4)
    assert set(events.scalars("stage_learning_rate/txtDict")) == {np.float32(0.8)}
    assert set(events.scalars("stage_learning_rate/softmax")) == {np.float32(0.01)}


def test_test_figures_are_those_of_the_kept_weights(first, events):
    summary = json.loads((first.folder.path / "run.json").read_text())
    kept = summary["training"]["best_record"]
    for name, figure in summary["test"].items():
        tag = "rate/test" if name == "rate" else f"test/{name}"
        assert events.values[tag] == {kept: pytest.approx(figure)}


def test_the_first_five_scalars_are_the_losses_and_rates(events):
    """TensorBoard's table of hyperparameters starts with these."""
    scalars = sorted(
        tag for tag, kind in events.metadata.items() if kind.plugin_data.plugin_name == "scalars"
    )
    assert scalars[:5] == [
        "loss/training", "loss/validation", "rate/test", "rate/training", "rate/validation",
    ]  # fmt: skip


def test_histograms_of_the_weights_get_rarer(second):
    shown = Events.of(log_folder(second))
    table = read_weights(second.folder.file(".w.npy"))[4]
    assert sorted(shown.values["weights/softmax"]) == [0, 1, 2, 4]
    for buckets in shown.values["weights/txtDict"].values():
        left, right, counts = buckets.T
        assert counts.sum() == table.size
        np.testing.assert_allclose(left[1:], right[:-1])


def test_a_histogram_counts_what_lies_between_its_edges(tmp_path):
    values = np.array([[-1, 0.05, 0.25], [0.05, 2, np.inf]], np.float32)
    with TensorBoardLog(tmp_path) as log:
        log.write_record(0, Record(0, 1, 2, 0.5), [WeightRecord("map", values, 1, 0, 1, 0, 0.1)])
    left, right, counts = Events.of(tmp_path).values["weights/map"][0].T
    assert (left[0], right[-1], counts.sum()) == (-1, 2, 5)
    for value, count in ((-0.95, 1), (0.05, 2), (0.15, 0), (0.25, 1), (1.95, 1)):
        assert counts[(left < value) & (value < right)] == count


@pytest.mark.parametrize(
    "values", [[], [1, np.nextafter(1, 2)], [3e38, 3e38], [-1e20, np.nextafter(-1e20, 0)], [0, 1e-30]]
)
def test_weights_that_hardly_differ_have_a_histogram(tmp_path, values):
    with TensorBoardLog(tmp_path) as log:
        record = WeightRecord("map", np.array(values, np.float64), 1, 0, 1, 0, 0.1)
        log.write_record(0, Record(0, 1, 2, 0.5), [record])
    left, right, counts = Events.of(tmp_path).values["weights/map"][0].T
    assert counts.sum() == len(values)
    assert all(left[0] <= value <= right[-1] for value in values)


def test_a_weight_that_is_a_number_has_a_histogram(tmp_path):
    layer = InnerProduct(name="product")
    layer.build((None, 2, 3))
    optimizer = StagewiseSGD([StageSettings("product", 0.1)])
    optimizer.build(layer.trainable_variables)
    with TensorBoardLog(tmp_path) as log:
        log.write_record(0, Record(0, 1, 2, 0.5), weight_records(optimizer))
    buckets = Events.of(tmp_path).values["weights/product"][0]
    assert buckets[:, 2].sum() == 1


def test_the_graph_has_a_box_for_each_stage(events):
    (serialized,) = events.values["__run_graph__"].values()
    graph = tf.compat.v1.GraphDef.FromString(serialized.item())
    names = {node.name for node in graph.node}
    assert {"question", "image"} <= names
    assert {"txtDict_1", "bow_1", "softmax_1"} <= {name.split("/")[0] for name in names}
    sources = {source.lstrip("^").partition(":")[0] for node in graph.node for source in node.input}
    assert sources <= names


def test_runs_are_compared_by_their_hyperparameters(first, events):
    content = events.metadata["_hparams_/session_start_info"].plugin_data.content
    session = parse_session_start_info_plugin_data(content)
    values = {name: value.string_value or value.number_value for name, value in session.hparams.items()}
    assert session.group_name == first.folder.name
    assert values == {
        "model": "img_bow",
        "seed": 0,
        "batchSize": 4,
        "txtDict.learningRate": 0.8,
        "txtDict.outputDim": 5,
        "softmax.learningRate": 0.01,
        "softmax.outputDim": 4,
    }


def test_dropout_rates_are_hyperparameters(tiny_spec):
    settings = hyperparameters(tiny_spec("2_vis_blstm"), TrainingConfig(), 3)
    assert (settings["dropoutForward.dropoutRate"], settings["seed"]) == (0.4, 3)


def test_the_projector_finds_the_kept_word_vectors_also_where_a_run_is_moved(first, dataset, tmp_path):
    folder = shutil.copytree(log_folder(first), tmp_path / "moved")
    config = text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (embedding,) = config.embeddings
    checkpoint = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(folder)))
    vectors = checkpoint.get_tensor(embedding.tensor_name)
    np.testing.assert_array_equal(vectors, read_weights(first.folder.file(".w.npy"))[4])
    words = (folder / embedding.metadata_path).read_text().splitlines()
    assert words == list(dataset.question_words.words)


def test_each_word_is_a_line_of_the_projector_whatever_is_in_it(tmp_path):
    words = Vocabulary(("a\tb", "line\nbreak", "", " ", "café", "UNK"), 1)
    write_projector(tmp_path, {"txtDict": np.zeros((6, 2), np.float32)}, words)
    lines = (tmp_path / "words.tsv").read_text(encoding="utf-8").split("\n")
    assert lines == [r"'a\tb'", r"'line\nbreak'", "''", "' '", "café", "UNK", ""]


def test_a_model_without_words_has_no_projector(tmp_path):
    write_projector(tmp_path, {}, Vocabulary(("UNK",), 1))
    assert not list(tmp_path.iterdir())


def test_sample_questions_are_shown_with_truth_and_answers(first, events):
    (table,) = events.values["samples/answers"].values()
    rows = table.item().decode().splitlines()
    lines = (first.folder.path / "predictions.jsonl").read_text().splitlines()
    assert len(rows) - 2 == len(lines) == 10  # a heading, a rule, and of ten questions at most twelve
    for prediction in map(json.loads, lines):
        (row,) = (
            row for row in rows if row.startswith(f"| {prediction['question']} | {prediction['image']} |")
        )
        best = prediction["answers"][0]
        shown = f"{best['answer']} {best['score']:.2f}".replace(".", r"\.")
        assert f"| {prediction['truth']} | " in row
        assert (f"| **{shown}**" in row) == (best["answer"] == prediction["truth"])
        assert shown in row


def test_pictures_are_shown_where_they_are_at_hand(events):
    (image,) = events.values["samples/pictures"].values()
    width, height, png = image
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    assert picture.size == (int(width), int(height))
    is_red = (np.asarray(picture) == RED).all(axis=-1)
    assert is_red.mean() > 0.2
    # Ten pictures in rows of three: nothing is right of the last.
    assert is_red[-60:, : picture.width // 3].any()
    assert not is_red[-60:, picture.width // 3 :].any()


def samples_of(dataset, first, report=print):
    return Samples.of(dataset, first.folder.path / "predictions.jsonl", report)


def test_without_pictures_there_is_text_only(first, tiny_dataset, tmp_path):
    samples = samples_of(tiny_dataset, first)
    assert not samples.pictures
    with TensorBoardLog(tmp_path) as log:
        log.write_test(3, {"rate": 0.5}, samples)
    assert set(Events.of(tmp_path).values) == {"rate/test", "samples/answers"}


def test_a_damaged_picture_costs_the_pictures_and_a_line(first, dataset, tmp_path):
    shutil.copytree(dataset.folder.parent, tmp_path, dirs_exist_ok=True)
    for path in (tmp_path / "images").iterdir():
        path.write_bytes(b"no picture")
    lines = []
    assert not samples_of(load_dataset(tmp_path / "cocoqa"), first, lines.append).pictures
    (line,) = lines
    assert line.startswith("Pictures are left out of TensorBoard: ")


def test_text_cannot_break_out_of_the_table_or_the_picture():
    question = "| <script>alert(1)</script> $x_1$ 猫"
    prediction = {"question": question, "image": "1", "type": "object", "truth": "*b*"}
    answers = [{"answer": "*b*", "score": 0.5}]
    samples = Samples([{**prediction, "answers": answers}], {0: np.zeros((1, 2000, 3), np.uint8)})
    row = samples.table().splitlines()[2]
    assert "<script>" not in row
    assert row.replace(r"\|", "").count("|") == 5
    assert r"**\*b\* 0\.50**" in row
    assert samples.draw().dtype == np.uint8


@given(st.lists(st.integers(0, 3), min_size=1, max_size=200), st.integers(4, 20))
def test_questions_are_chosen_from_every_type_alike(types, count):
    types = np.array(types)
    chosen = types[choose_questions(types, count)]
    each = count // len(set(types.tolist()))
    for kind in range(4):
        assert (chosen == kind).sum() <= min(each, (types == kind).sum())
        assert bool((chosen == kind).any()) == bool((types == kind).any())
        if (types == kind).sum() >= count:
            assert (chosen == kind).sum() == each


def test_records_are_numbered_where_an_epoch_has_several(tiny_spec, tiny_dataset, tmp_path):
    config = TrainingConfig(numEpoch=2, batchSize=4, stepSize=2, plotFigs=False)
    trainer = Trainer(tiny_spec("bow"), tiny_dataset, None, config, tmp_path, exports=False, reporter=Lines())
    round_ = trainer.train_round_one()
    assert len(round_.records) == 4
    losses = Events.of(log_folder(round_)).scalars("loss/training")
    np.testing.assert_allclose(losses, [record.training_loss for record in round_.records], rtol=1e-6)


def test_a_run_is_the_same_without_tensorboard(tiny_dataset, tmp_path):
    text = find_model("bow").read_text().replace("    - 'softmax'", "    - half\n    - 'softmax'")
    text = text.replace("inputs: 'bow'", "inputs: half").rstrip()
    (tmp_path / "half.yml").write_text(
        f"{text}\n    - {{name: half, type: dropout, inputs: bow, dropoutRate: 0.5}}\n"
    )
    config = TrainingConfig(numEpoch=3, batchSize=4, plotFigs=False)
    spec, options = load_spec(tmp_path / "half.yml"), {"exports": False, "reporter": Lines()}
    rounds = [
        Trainer(spec, tiny_dataset, None, config, tmp_path, tensorboard=shows, **options).train_round_one()
        for shows in (True, False)
    ]
    for suffix in (".csv", ".w.npy", ".test.o.txt"):
        shown, plain = (round_.folder.file(suffix).read_bytes() for round_ in rounds)
        assert shown == plain
    assert [log_folder(round_).exists() for round_ in rounds] == [True, False]


def test_what_is_written_can_be_read_before_the_end(tmp_path):
    with TensorBoardLog(tmp_path) as log:
        for number in range(3):
            log.write_record(number, Record(number, 1, 2, 0.25), [])
            assert len(Events.of(tmp_path).scalars("rate/training")) == number + 1


@pytest.fixture
def disk_almost_full():
    """No file can grow beyond 20 kB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_one_line_and_leaves_nothing(tiny_spec, tiny_dataset, tmp_path, disk_almost_full):
    output = tmp_path / "results"
    trainer = Trainer(tiny_spec("bow"), tiny_dataset, output=output, reporter=Lines())
    with pytest.raises(
        InputError, match=r"^cannot write .*/tensorboard: File too large; .*--no-tensorboard$"
    ):
        trainer.train_round_one()
    assert not list(output.iterdir())


def test_a_place_that_is_no_folder_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        InputError, match=r"^cannot write .*/file/events: .*not a directory.*--no-tensorboard$"
    ):
        TensorBoardLog(tmp_path / "file" / "events")


def test_a_checkpoint_that_cannot_be_written_is_one_line(tmp_path):
    with TensorBoardLog(tmp_path) as log:
        (tmp_path / "words.index").mkdir()
        with pytest.raises(InputError, match="cannot write"):
            log.write_words({"txtDict": np.zeros((1, 2), np.float32)}, Vocabulary(("UNK",), 1))
