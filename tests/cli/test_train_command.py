"""cocoqa-train: what a run leaves and prints, what each option changes, how a mistake is answered."""

import contextlib
import io
import json
import os
import pickle
import re
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
import tensorflow as tf
from refusal import refused, snapshot
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util.tensor_util import make_ndarray

from cocoqa_keras import list_models, load_dataset, load_run
from cocoqa_keras.cli.predict import main as predict
from cocoqa_keras.cli.train import main
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.data.formats import read_array, read_weights, write_array, write_pickle, write_weights
from cocoqa_keras.errors import InputError
from cocoqa_keras.models.zoo import find_model
from cocoqa_keras.training.example_weights import write_example_weights
from cocoqa_keras.training.run_scores import scores_of

FILES = {
    "{run}.model.yml",
    "{run}.w.npy",
    "{run}.csv",
    "{run}_loss.png",
    "{run}_err.png",
    "types.png",
    "confusion.png",
    "{run}.test.o.txt",
    "{run}.test.t.txt",
    "result.txt",
    "predictions.jsonl",
    "run.json",
    "model.keras",
    "saved_model",
    "tensorboard",
    "vocabulary.json",
    "answers.json",
    "model.svg",
}
RECORD = re.compile(r"N: +(\d+) T: +\d+  TE: +([\d.]+)  TR: +([\d.]+)  VE: +([\d.]+)  VR: +([\d.]+)")
STAGE = re.compile(r"ST: +(\S+)  GN: +[\d.]+  GC: +[\d.]+  WN: +[\d.]+  WC: +[\d.]+")
# Of the tiny data.
IMAGES, FEATURE_WIDTH, WORDS, ANSWERS = 6, 6, 11, 7
TINY = ("--data", "cocoqa", "--set", "batchSize=16")
LITTLE = ("--set", "plotFigs=false", "--no-export", "--no-tensorboard")
QUICK = (*TINY, "--epochs", "1", "--one-round", *LITTLE)


def train(*arguments, output="results"):
    """Runs the command, which has to succeed; returns the run folders, that of the first round first."""
    assert main([*arguments, "--output", str(output)]) == 0
    return sorted(Path(output).iterdir(), key=lambda folder: "-v-" not in folder.name)


def csv_of(run):
    """The records of a run: epoch, TE, TR, VE, VR a row."""
    return np.loadtxt(run / f"{run.name}.csv", delimiter=",", skiprows=1, ndmin=2)


def summary_of(run):
    return json.loads((run / "run.json").read_text())


def weights_of(run):
    return read_weights(run / f"{run.name}.w.npy")


# A whole run.


@dataclass
class Rounds:
    """Run folders of the first and the second round, the lines printed, and the data."""

    first: Path
    second: Path
    lines: list[str]
    data: Path

    @property
    def folders(self):
        return self.first, self.second


@pytest.fixture(scope="module")
def rounds(tiny_original, tmp_path_factory):
    """Both rounds of IMG+BOW on the tiny data, two epochs at most."""
    data, output = tiny_original / "cocoqa", tmp_path_factory.mktemp("results")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        first, second = train(
            "img_bow", "--data", str(data), "--set", "batchSize=16", "--epochs", "2", output=output
        )
    return Rounds(first, second, printed.getvalue().splitlines(), data)


def test_both_rounds_leave_every_file_and_nothing_else(rounds):
    for run, name in zip(rounds.folders, ("img_bow-v", "img_bow"), strict=True):
        assert re.fullmatch(rf"{name}-\d{{8}}-\d{{6}}", run.name)
        assert {path.name for path in run.iterdir()} == {name.format(run=run.name) for name in FILES}
        assert all(path.stat().st_size for path in run.iterdir())
        assert (run / f"{run.name}_loss.png").read_bytes().startswith(b"\x89PNG")


def test_what_both_tests_lack_is_told_once(tiny, monkeypatch, capsys):
    def no_wordnet(words, wordnet):
        raise InputError("there is no WordNet")

    monkeypatch.setattr("cocoqa_keras.evaluation.evaluator.similarity_matrix", no_wordnet)
    assert len(train("bow", *TINY, *LITTLE, "--epochs", "1")) == 2
    printed = capsys.readouterr().out
    assert printed.count("\nrate: ") == 2
    assert printed.count("WUPS is left out: there is no WordNet\n") == 1


def test_first_round_trains_on_the_training_part_and_the_second_on_both(rounds):
    assert [summary_of(run)["training"]["examples"] for run in rounds.folders] == [40, 50]
    assert (csv_of(rounds.first)[:, 3:] > 0).any()
    assert not csv_of(rounds.second)[:, 3:].any()


def test_training_loss_of_the_best_epoch_is_the_stop_score_of_the_second_round(rounds):
    records = csv_of(rounds.first)
    stop_score = records[records[:, 3].argmin(), 1]
    assert summary_of(rounds.second)["training"]["stop_score"] == pytest.approx(stop_score)
    assert f"Round two, on all examples, until the training score is below {stop_score:.4f}" in rounds.lines


def test_training_lowers_the_loss(rounds):
    losses = csv_of(rounds.first)[:, 1]
    assert losses[1] < losses[0]


def test_printed_records_are_those_of_the_csv(rounds):
    printed = [RECORD.fullmatch(line).groups() for line in rounds.lines if line.startswith("N: ")]
    in_files = np.concatenate([csv_of(run) for run in rounds.folders])
    np.testing.assert_allclose(np.array(printed, float), in_files, atol=6e-5)


def test_every_record_is_followed_by_patience_and_stages(rounds):
    start = next(number for number, line in enumerate(rounds.lines) if line.startswith("N: "))
    assert rounds.lines[start + 1] == f"P: 0 {rounds.first.name}"
    stages = [STAGE.fullmatch(line)[1] for line in rounds.lines[start + 2 : start + 4]]
    assert stages == ["txtDict", "softmax"]


def test_printed_figures_are_those_of_result_txt_and_run_json(rounds):
    for run in rounds.folders:
        result = (run / "result.txt").read_text()
        assert result in "\n".join(rounds.lines) + "\n"
        figures = dict(line.split(": ") for line in result.splitlines())
        assert list(figures)[:6] == ["rate", "rate @ 1", "rate @ 5", "rate @ 10", "object", "color"]
        assert list(figures)[6:] == ["WUPS 1.0", "WUPS 0.9", "WUPS 0.0"]
        assert figures == {name: f"{value:.4f}" for name, value in summary_of(run)["test"].items()}


def test_rate_is_the_share_of_equal_lines_of_the_answer_files(rounds):
    for run in rounds.folders:
        predicted, true = (
            (run / f"{run.name}.test.{kind}.txt").read_text().splitlines() for kind in ("o", "t")
        )
        right = np.mean([ours == theirs for ours, theirs in zip(predicted, true, strict=True)])
        assert len(true) == 12
        assert summary_of(run)["test"]["rate"] == pytest.approx(right)


def test_run_folder_answers_as_the_run_did(rounds):
    test = load_dataset(rounds.data).test
    with SparseFeatures(rounds.data.parent / "hidden_oxford_mscoco.h5") as features:
        inputs = {"question": test.questions, "image": features.read(test.image_ids - 1)}
    for folder in rounds.folders:
        run = load_run(folder)
        answers = run.answers.decode(run.model.predict(inputs, verbose=0).argmax(axis=1).tolist())
        assert answers == (folder / f"{folder.name}.test.o.txt").read_text().splitlines()


def test_saved_model_of_a_run_answers_as_the_run(rounds):
    run = load_run(rounds.second)
    inputs = {"question": tf.constant([[1, 2, 3], [4, 0, 0]]), "image": tf.ones((2, FEATURE_WIDTH))}
    served = tf.saved_model.load(str(rounds.second / "saved_model")).signatures["serving_default"]
    np.testing.assert_allclose(served(**inputs)["probabilities"], run.model(inputs), atol=1e-6)


def test_each_round_is_a_run_of_tensorboard_with_the_words_and_the_test_rate(rounds):
    for run in rounds.folders:
        folder = run / "tensorboard"
        (events,) = folder.glob("events.out.tfevents.*")
        rates = [
            make_ndarray(value.tensor)
            for event in EventFileLoader(str(events)).Load()
            for value in event.summary.value
            if value.tag == "rate/test"
        ]
        assert rates == [pytest.approx(summary_of(run)["test"]["rate"])]
        words = load_dataset(rounds.data).question_words.words
        assert (folder / "words.tsv").read_text().splitlines() == list(words)


def test_run_folder_holds_the_words_of_the_data(rounds):
    dataset = load_dataset(rounds.data)
    for folder in rounds.folders:
        run = load_run(folder)
        assert (run.question_words, run.answers) == (dataset.question_words, dataset.answers)


def test_weights_are_saved_stage_by_stage(rounds):
    for run in rounds.folders:
        shapes = [np.shape(entry) for entry in weights_of(run)]
        # imgSel imgFeat txtSel txtUnfold txtDict txtFold bow softmax
        assert shapes == [(), (), (), (), (WORDS, 500), (), (), (500 + FEATURE_WIDTH + 1, ANSWERS)]


def test_model_file_is_copied_as_it_is(rounds):
    for run in rounds.folders:
        assert (run / f"{run.name}.model.yml").read_text() == find_model("img_bow").read_text()


def test_run_json_says_what_made_the_run(rounds):
    summary = summary_of(rounds.first)
    assert summary["model"]["name"] == "img_bow"
    assert summary["data"]["sha256"] == load_dataset(rounds.data).fingerprint()
    assert Path(summary["data"]["features"]).samefile(rounds.data.parent / "hidden_oxford_mscoco.h5")
    assert summary["config"]["batchSize"] == 16
    assert (summary["seed"], summary["dtype"]) == (0, "float32")
    assert {"python", "tensorflow", "keras", "numpy", "cocoqa_keras"} <= set(summary["versions"])


def test_sizes_that_differ_from_the_model_file_are_told(rounds):
    assert rounds.lines[:4] == [
        f"stage 'imgFeat': inputDim is {IMAGES} in the data, not 123287",
        f"stage 'imgFeat': outputDim is {FEATURE_WIDTH} in the data, not 4096",
        f"stage 'txtDict': inputDim is {WORDS} in the data, not 9738",
        f"stage 'softmax': outputDim is {ANSWERS} in the data, not 431",
    ]


def test_without_weights_to_start_from_run_json_has_none(rounds):
    assert summary_of(rounds.first)["weights_from"] is None


# Options.


@pytest.fixture(scope="module")
def quick(tiny_original, tmp_path_factory):
    """The run folder of BOW in one epoch of one round, as `QUICK` has it, and what was printed."""
    data, output = str(tiny_original / "cocoqa"), tmp_path_factory.mktemp("quick")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        (run,) = train("bow", *QUICK, "--data", data, output=output)
    return run, printed.getvalue()


def test_what_is_not_wanted_is_left_out(quick):
    run, printed = quick
    assert {"--no-export", "--no-tensorboard", "--one-round", "plotFigs=false"} <= set(QUICK)
    left_out = {"saved_model", "tensorboard", "{run}_loss.png", "{run}_err.png", "types.png", "confusion.png"}
    assert {path.name for path in run.iterdir()} == {name.format(run=run.name) for name in FILES - left_out}
    assert "-v-" in run.name
    assert "Round two" not in printed


@pytest.mark.parametrize("model", list_models())
def test_every_model_of_the_package_trains_by_name(model, tiny, capsys):
    (run,) = train(model, *QUICK)
    assert run.name.startswith(f"{model}-v-")
    assert (run / "result.txt").read_text().startswith("rate: ")


def test_early_stop_score_skips_the_first_round_and_ends_the_second(tiny, capsys):
    (run,) = train("bow", *TINY, *LITTLE, "--epochs", "3", "--early-stop-score", "1000")
    assert "-v-" not in run.name
    assert len(csv_of(run)) == 1
    assert "Stopped: the training score is below 1000.0000" in capsys.readouterr().out


def test_epochs_are_at_most_those_asked_for(tiny, capsys):
    first, second = train("bow", *TINY, *LITTLE, "--epochs", "3")
    assert len(csv_of(first)) == 3
    assert 1 <= len(csv_of(second)) <= 3


def test_same_seed_repeats_a_run_and_another_does_not(quick, tiny, capsys):
    once, _ = quick
    (again,) = train("bow", *QUICK, "--seed", "0", output="again")
    (other,) = train("bow", *QUICK, "--seed", "1", output="other")
    np.testing.assert_array_equal(csv_of(once), csv_of(again))
    assert csv_of(once)[0, 1] != csv_of(other)[0, 1]
    assert summary_of(other)["seed"] == 1


def test_name_and_output_name_the_run_folder(tiny, capsys):
    (run,) = train("bow", *QUICK, "--name", "mine", output="some/where")
    assert run.parent == Path("some/where")
    assert run.name.startswith("mine-v-")


def test_set_changes_the_training_configuration_and_a_stage(tiny, capsys):
    (run,) = train("bow", *QUICK, "--set", "batchSize=5", "--set", "softmax.learningRate=0")
    printed = capsys.readouterr().out
    assert ": 40 examples, 8 steps an epoch" in printed
    assert [STAGE.fullmatch(line)[1] for line in printed.splitlines() if "ST:" in line] == ["txtDict"]
    assert weights_of(run)[-1] == 0


STILL = ("--set", "txtDict.learningRate=1e-30", "--set", "softmax.learningRate=1e-30")


@pytest.mark.parametrize("source", ["run", "file"])
def test_every_round_starts_from_the_weights_given(source, quick, tiny, capsys):
    before, _ = quick
    file = before / f"{before.name}.w.npy"
    given = before if source == "run" else file
    # At such rates the weights stay where they start.
    runs = train("bow", *TINY, *LITTLE, *STILL, "--epochs", "1", "--weights-from", str(given))
    assert len(runs) == 2
    for run in runs:
        for entry, expected in zip(weights_of(run), weights_of(before), strict=True):
            np.testing.assert_array_equal(entry, expected)
        assert summary_of(run)["weights_from"] == str(file.resolve())
    lines = capsys.readouterr().out.splitlines()
    assert lines.count(f"Every round starts from the weights of {file}") == 1


def test_double_precision_weights_of_the_2015_program_start_a_run_in_single(tiny, capsys):
    weights = bow_weights()
    write_weights("old.w.npy", weights)
    (run,) = train("bow", *QUICK, *STILL, "--weights-from", "old.w.npy")
    np.testing.assert_array_equal(weights_of(run)[2], weights[2].astype("float32"))


def bow_weights():
    """Weights for the stages txtSel, txtUnfold, txtDict, txtFold, bow, softmax."""
    random = np.random.RandomState(5)
    table, softmax = random.standard_normal((WORDS, 500)) / 10, random.standard_normal((501, ANSWERS)) / 10
    return [0, 0, table, 0, 0, softmax]


def test_example_weights_weigh_the_cost_of_both_rounds(tiny, capsys):
    write_example_weights("double", {"train": np.full(40, 2.0), "valid": np.full(10, 2.0)})
    config = (*TINY, "--epochs", "1", *LITTLE, *STILL)
    plain = train("bow", *config, output="plain")
    doubled = train("bow", *config, "--example-weights", "double", output="doubled")
    for run, expected in zip(doubled, plain, strict=True):
        losses, rates = [1, 3], [2, 4]
        np.testing.assert_allclose(csv_of(run)[:, losses], 2 * csv_of(expected)[:, losses], rtol=1e-5)
        np.testing.assert_array_equal(csv_of(run)[:, rates], csv_of(expected)[:, rates])
        assert summary_of(run)["example_weights"] == str(Path("double").absolute())
        assert summary_of(expected)["example_weights"] is None


def test_config_file_replaces_the_papers(tiny, capsys):
    Path("short.yml").write_text("numEpoch: 2\nplotFigs: false\nneedValid: false\n")
    (run,) = train("bow", "--data", "cocoqa", "--config", "short.yml", "--no-export", "--no-tensorboard")
    assert len(csv_of(run)) == 2
    assert not list(run.glob("*.png"))


def test_float64_is_used_throughout(tiny, capsys):
    (run,) = train("vis_lstm", *QUICK, "--dtype", "float64")
    assert summary_of(run)["dtype"] == "float64"
    assert {entry.dtype for entry in weights_of(run) if isinstance(entry, np.ndarray)} == {np.dtype("f8")}
    assert {weight.dtype for weight in load_run(run).model.trainable_variables} == {"float64"}


def test_strict_sizes_takes_a_model_of_the_datas_sizes(tiny, capsys):
    sizes = ("--set", f"txtDict.inputDim={WORDS}", "--set", f"softmax.outputDim={ANSWERS}")
    train("bow", *QUICK, "--strict-sizes", *sizes)
    assert "in the data, not" not in capsys.readouterr().out


@pytest.mark.parametrize("place", ["beside", "given", "declared"])
def test_features_are_found(place, tiny, capsys):
    source = Path("hidden_oxford_mscoco.h5")
    spec, option = "img_bow", ()
    if place == "beside":
        expected = source.rename("cocoqa/hidden_oxford_mscoco.h5")
    elif place == "given":
        expected = source.rename("other.h5")
        option = ("--features", "other.h5")
    else:
        Path("models/data").mkdir(parents=True)
        expected = source.rename("models/data/hidden_oxford_mscoco.h5")
        spec = "models/mine.yml"
        Path(spec).write_text(find_model("img_bow").read_text().replace("../data", "data"))
    (run,) = train(spec, *QUICK, *option)
    assert Path(summary_of(run)["data"]["features"]).samefile(expected)


def test_demo_data_serve_where_there_are_no_data(tmp_path, cache, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (run,) = train("img_bow", "--epochs", "1", "--one-round", *LITTLE)
    assert capsys.readouterr().out.startswith("No data in data/cocoqa: training on the demo data")
    assert Path(summary_of(run)["data"]["folder"]).is_relative_to(cache)
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_default_data_folder_is_used_where_it_is_there(tiny, capsys):
    Path("data").mkdir()
    Path("cocoqa").rename("data/cocoqa")
    (run,) = train("bow", "--epochs", "1", "--one-round", *LITTLE)
    assert summary_of(run)["data"]["folder"] == "data/cocoqa"


# A dry run.


def dry_run(capsys, *arguments):
    """The cells of each stage's row by its name, and all lines; nothing but a drawing may be left."""
    before = snapshot()
    assert main([*arguments, "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    drawing = Path(lines[-1].removeprefix("Drawing: "))
    left = snapshot().items() - before.items()
    assert {path for path, content in left if content is not None} == {drawing}
    start = next(number for number, line in enumerate(lines) if line.startswith("  stage "))
    rows = [re.split(r" {2,}", line.strip()) for line in lines[start + 1 : -2]]
    return {row[0]: row[1:] for row in rows}, lines


def test_dry_run_tells_the_graph_with_the_sizes_of_the_data(tiny, capsys):
    stages, lines = dry_run(capsys, "vis_lstm", "--data", "cocoqa")
    assert lines[0] == f"stage 'imgFeat': inputDim is {IMAGES} in the data, not 123287"
    assert "vis_lstm: cost crossEntIdx, decision argmax, output softmax" in lines
    assert stages["imgSel"] == ["selector", "input"]
    assert stages["imgFeat"] == ["lut", "imgUnfold", f"(None, {FEATURE_WIDTH})", "frozen"]
    assert stages["concat"] == ["concat", "imgFold, txtFold", "(None, None, 500)"]
    assert stages["txtDict"] == [
        "lut", "txtUnfold", "(None, 500)", str(WORDS * 500),
        "learningRate 0.8, momentum 0.9, gradientClip 0.1, weightClip 1000",
    ]  # fmt: skip
    assert stages["softmax"][2:4] == [f"(None, {ANSWERS})", str(301 * ANSWERS)]
    trained = sum(int(row[3]) for row in stages.values() if len(row) > 4)
    assert lines[-2:] == [f"{trained} trained parameters", "Drawing: results/vis_lstm.svg"]
    assert f"{trained:,} trained parameters" in Path("results/vis_lstm.svg").read_text()


@pytest.mark.parametrize("model", list_models())
def test_dry_run_without_data_tells_the_sizes_of_the_model_file(model, cache, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cached = list(cache.rglob("*"))
    stages, lines = dry_run(capsys, model)
    assert stages["softmax" if "softmax" in stages else "answer"][2] == "(None, 431)"
    assert list(cache.rglob("*")) == cached  # nor were demo data made
    assert lines[0].startswith(f"{model}: ")


def test_dry_run_draws_into_the_output_folder_under_the_name_of_the_run(tiny, capsys):
    _, lines = dry_run(capsys, "bow", "--data", "cocoqa", "--output", "some/where", "--name", "mine")
    assert lines[-1] == "Drawing: some/where/mine.svg"
    assert Path("some/where/mine.svg").read_text().startswith("<svg ")


def test_dry_run_into_something_that_is_no_folder_is_refused(tiny, capsys):
    Path("results").write_text("")
    assert "cannot write to results: " in refused(main, ["bow", "--data", "cocoqa", "--dry-run"], capsys)


# An answer as a number.


def one_number(cost="mse", decision="round", activation="identity"):
    """BOW with a single output, for the id of the answer."""
    text = find_model("bow").read_text().replace("outputDim: 431", "outputDim: 1")
    text = text.replace("'crossEntIdx'", cost).replace("'argmax'", decision)
    Path("number.yml").write_text(text.replace("activeFn: 'softmax'", f"activeFn: {activation}"))
    return "number.yml"


@pytest.mark.parametrize(
    "model", [("mse", "round", "identity"), ("crossEntOne", "hardLimit", "sigmoid")], ids=str
)
def test_an_answer_that_is_a_number_is_trained_tested_predicted_and_served(model, tiny, capsys):
    if model[1] == "hardLimit":  # tells answer 0 from answer 1
        for name in ("train", "valid", "test"):
            change_ids(lambda inputs, targets: np.copyto(targets, targets % 2), name)
    config = ("--epochs", "2", "--one-round", "--set", "plotFigs=false")
    (folder,) = train(one_number(*model), *TINY, *config)
    run, test = load_run(folder), load_dataset("cocoqa").test
    numbers = np.asarray(run.model({"question": test.questions}))
    assert numbers.shape == (12, 1)
    decided = np.rint(numbers) if model[1] == "round" else numbers > 0.5
    decided = np.clip(decided[:, 0], 0, ANSWERS - 1).astype(int)
    answers = run.answers.decode(decided.tolist())
    assert answers == (folder / f"{folder.name}.test.o.txt").read_text().splitlines()
    assert summary_of(folder)["test"]["rate"] == pytest.approx(np.mean(decided == test.answers))
    predictions = [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]
    assert [prediction["answers"][0]["answer"] for prediction in predictions] == answers
    scores = scores_of(run, load_dataset("cocoqa"))
    np.testing.assert_array_equal(scores.argmax(axis=1), decided)
    served = tf.saved_model.load(str(folder / "saved_model")).signatures["answer"]
    questions = [" ".join(words) for words in load_dataset("cocoqa").words_of("test")]
    best = served(question=tf.constant(questions))["answers"].numpy()[:, 0]
    assert [answer.decode() for answer in best] == answers
    capsys.readouterr()
    assert predict([str(folder), "--question", questions[0], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["answers"][0]["answer"] == answers[0]


@pytest.mark.parametrize("cost", ["crossEntOneIdx", "crossEntOneAccIdx", "rankingLoss", "mseEye"])
def test_every_cost_of_many_answers_trains(cost, tiny, capsys):
    decision = "argmaxDiff" if "Acc" in cost else "argmax"
    text = find_model("bow").read_text().replace("crossEntIdx", cost).replace("'argmax'", decision)
    Path("mine.yml").write_text(text)
    (run,) = train("mine.yml", *QUICK, "--epochs", "2", "--set", "softmax.activeFn=sigmoid")
    losses = csv_of(run)[:, 1]
    assert losses[1] < losses[0]


def test_ordinal_regression_on_a_number_trains_and_has_as_many_outputs_as_the_data_answers(tiny, capsys):
    text = Path(one_number("crossEntIdx", "argmax")).read_text()
    text = text.replace("    - 'softmax'\n", "    - 'softmax'\n    - level\n")
    text = text.replace("outputs: 'softmax'", "outputs: level")
    level = "{name: level, type: ordinal, inputs: softmax, outputDim: 3, learningRate: 0.01}"
    Path("ordinal.yml").write_text(f"{text.rstrip()}\n    - {level}\n")
    (folder,) = train("ordinal.yml", *QUICK, "--epochs", "3")
    assert csv_of(folder)[-1, 1] < csv_of(folder)[0, 1]
    assert load_run(folder).model.output.shape == (None, ANSWERS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("mse", "argmax"), "decisionFn 'argmax' does not go with costFn 'mse'; give hardLimit or round"),
        (
            ("crossEntIdx", "round"),
            "'round' does not go with costFn 'crossEntIdx'; give argmax or argmaxDiff",
        ),
    ],
    ids=["number", "answers"],
)
def test_a_decision_that_does_not_go_with_the_cost_is_refused(change, message, tiny, capsys):
    assert message in refused(main, [one_number(*change), *QUICK], capsys)


def test_several_outputs_for_a_number_are_refused(tiny, capsys):
    arguments = [one_number(), *QUICK, "--set", "softmax.outputDim=2"]
    message = (
        "decisionFn 'round' needs an output for a single number, shape (None, 1), and that of 'softmax' is"
    )
    assert f"{message} (None, 2)\n" in refused(main, arguments, capsys)


def test_steps_that_are_left_in_the_output_are_told(tiny, capsys):
    text = find_model("bow").read_text().replace("    - 'bow'\n", "")
    Path("steps.yml").write_text(text.replace("inputs: 'bow'", "inputs: 'txtFold'"))
    message = (
        "that of 'softmax' is (None, None, 7), with a step for each word still; make one of them all, by a"
    )
    assert message in refused(main, ["steps.yml", *QUICK], capsys)


# Mistakes. Each function spoils something in the working folder, and returns the arguments to try.


class Harmful:
    """A pickle of this makes a folder wherever it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("harm",)


def cut_short(path, share=0.5):
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: int(len(content) * share)])


def change_ids(change, name="train"):
    """Rewrites a part of the data after `change(inputs, targets)`."""
    parts = read_array(f"cocoqa/{name}.npy")
    inputs, targets = (np.array(part) for part in parts)
    change(inputs, targets)
    write_part(inputs, targets, name)


def write_part(inputs, targets, name="train"):
    parts = np.empty(2, dtype=object)
    parts[:] = [inputs, targets]
    write_array(f"cocoqa/{name}.npy", parts)


def missing(name):
    def spoil():
        Path(name).unlink()

    return spoil


def truncated(name):
    return lambda: cut_short(name)


def replaced(name, content):
    return lambda: Path(name).write_bytes(content)


def with_id(value, place):
    """`place` of the first example is the image, a word, or the answer."""

    def change(inputs, targets):
        if place == "answer":
            targets[0] = value
        else:
            inputs[0, {"image": 0, "word": 1}[place]] = value

    return lambda: change_ids(change)


def without_examples():
    width = read_array("cocoqa/train.npy")[0].shape[1]
    write_part(np.zeros((0, width, 1), np.int64), np.zeros((0, 1), np.int64))


def harmful_array():
    array = np.empty(2, dtype=object)
    array[:] = [Harmful(), 0]
    np.save("cocoqa/train.npy", array, allow_pickle=True)


def with_statistic(name, values):
    def spoil():
        with h5py.File("hidden_oxford_mscoco.h5", "r+") as file:
            del file[name]
            file[name] = values

    return spoil


def with_value(value):
    def spoil():
        with h5py.File("hidden_oxford_mscoco.h5", "r+") as file:
            file["hidden7_data"][3] = value

    return spoil


def features_of_other_images():
    write_features("hidden_oxford_mscoco.h5", np.ones((7, 6)))


def nothing():
    """Spoils nothing: the arguments are wrong."""


BAD_DATA = {
    "no training file": (missing("cocoqa/train.npy"), "cocoqa/train.npy is missing"),
    "no words": (missing("cocoqa/qdict.pkl"), "cocoqa/qdict.pkl is missing"),
    "no features": (missing("hidden_oxford_mscoco.h5"), "--features FILE.h5"),
    "truncated training file": (truncated("cocoqa/train.npy"), "cocoqa/train.npy"),
    "truncated test file": (truncated("cocoqa/test.npy"), "cocoqa/test.npy"),
    "truncated question types": (truncated("cocoqa/test-qtype.npy"), "cocoqa/test-qtype.npy"),
    "truncated words": (truncated("cocoqa/qdict.pkl"), "cocoqa/qdict.pkl"),
    "truncated features": (truncated("hidden_oxford_mscoco.h5"), "hidden_oxford_mscoco.h5: not an HDF5 file"),
    "empty file": (replaced("cocoqa/train.npy", b""), "cocoqa/train.npy: not a numpy array file"),
    "text for a pickle": (replaced("cocoqa/ansdict.pkl", b"cat 0\ndog 1\n"), "cocoqa/ansdict.pkl"),
    "a pickle of something else": (
        lambda: write_pickle("cocoqa/qdict.pkl", ["cat", "dog"]),
        "cocoqa/qdict.pkl: expected a dictionary",
    ),
    "a harmful pickle": (
        replaced("cocoqa/qdict.pkl", pickle.dumps(Harmful(), protocol=2)),
        "cocoqa/qdict.pkl",
    ),
    "a harmful array": (harmful_array, "cocoqa/train.npy"),
    "word beyond the vocabulary": (with_id(12, "word"), "example 0 has the word id 12, outside of 0 to 11"),
    "negative word": (with_id(-1, "word"), "example 0 has the word id -1"),
    "image without features": (with_id(7, "image"), "example 0 has the image id 7, outside of 1 to 6"),
    "image 0": (with_id(0, "image"), "example 0 has the image id 0"),
    "answer beyond the vocabulary": (with_id(7, "answer"), "example 0 has the answer id 7"),
    "no training examples": (without_examples, "there are no training examples"),
    "mean of another width": (
        with_statistic("hidden7_mean", np.zeros(5, np.float32)),
        "hidden7_mean has 5 values, not 6",
    ),
    "infinite deviation": (
        with_statistic("hidden7_std", np.full(6, np.inf, np.float32)),
        "hidden7_std has a value that is not finite",
    ),
    "no number in the features": (with_value(np.nan), "a value that is not finite"),
    "features of other images": (features_of_other_images, "it has 7 rows, and the data have 6 images"),
    "output is a file": (replaced("results", b""), "--output"),
}

BAD_USE = {
    "no model": ([], "give a model"),
    "nothing to resume": (["--resume", "cocoqa"], "cocoqa: nothing to go on from"),
    "unknown model": (["vis_lstn"], "no model file vis_lstn (did you mean 'vis_lstm'?)"),
    "missing model file": (["models/mine.yml"], "no model file models/mine.yml"),
    "misspelt option": (["bow", "--one-roud"], "--one-round"),
    "one argument too many": (["bow", "lstm"], "lstm"),
    "no data": (["bow", "--data", "nowhere"], "no folder nowhere; check the path"),
    "no configuration": (["bow", "--config", "nowhere.yml"], "cannot read nowhere.yml"),
    "no feature file": (["img_bow", "--features", "nowhere.h5"], "nowhere.h5"),
    "no example weights": (["bow", "--example-weights", "nowhere"], "cannot read nowhere-train.npy"),
    "no epochs": (["bow", "--epochs", "0"], "--epochs"),
    "epochs in words": (["bow", "--epochs", "ten"], "--epochs"),
    "negative seed": (["bow", "--seed", "-1"], "--seed"),
    "unknown strategy": (["bow", "--strategy", "parameter_server"], "--strategy"),
    "no cluster": (["bow", "--strategy", "multi_worker"], "TF_CONFIG is not set"),
    "unknown precision": (["bow", "--dtype", "float16"], "--dtype"),
    "stop score that is none": (["bow", "--early-stop-score", "nan"], "stopScore"),
    "no round at all": (["bow", "--one-round", "--early-stop-score", "1"], "give one of them"),
    "name that is a path": (["bow", "--name", "../mine"], "name '../mine': give a name, not a path"),
    "name of nothing": (["bow", "--name", ""], "name '': give a name"),
    "set without value": (["bow", "--set", "batchSize"], "--set batchSize: write KEY=VALUE"),
    "set an unknown field": (["bow", "--set", "batchSiz=5"], "did you mean 'batchSize'?"),
    "set a word for a number": (["bow", "--set", "batchSize=five"], "'five'"),
    "set an unknown stage": (["bow", "--set", "softmx.momentum=0"], "did you mean 'softmax'?"),
    "set an unknown field of a stage": (["bow", "--set", "softmax.momentun=0"], "did you mean 'momentum'?"),
    "sizes that differ": (["bow", "--strict-sizes"], "inputDim is 11 in the data, not 9738"),
}


def old_weights(change=lambda entries: None):
    """Weights in which `change` spoils something."""

    def spoil():
        entries = bow_weights()
        change(entries)
        write_weights("old.w.npy", entries)

    return spoil


def harmful_weights():
    array = np.empty(1, dtype=object)
    array[0] = Harmful()
    np.save("old.w.npy", array, allow_pickle=True)


def folder_of_two():
    for name in ("one", "two"):
        write_weights(f"old.w.npy/{name}.w.npy", bow_weights())


BAD_WEIGHTS = {
    "no file": (nothing, "cannot read old.w.npy"),
    "a folder without weights": (
        lambda: write_pickle("old.w.npy/other.pkl", []),
        "old.w.npy: expected one file *.w.npy, found 0",
    ),
    "a folder with two files": (folder_of_two, "old.w.npy: expected one file *.w.npy, found 2"),
    "text": (replaced("old.w.npy", b"0.1 0.2\n"), "old.w.npy: not a numpy array file"),
    "a harmful file": (harmful_weights, "old.w.npy"),
    "weights of other stages": (
        old_weights(lambda entries: entries.append(0)),
        "has 6 stages, from 'txtSel' to 'softmax', found weights of 7",
    ),
    "weights of other words": (
        old_weights(lambda entries: entries.__setitem__(2, np.zeros((9738, 500)))),
        "stage 'txtDict': expected weights of shape (11, 500), found weights of shape (9738, 500)",
    ),
    "a weight that is no number": (
        old_weights(lambda entries: entries[5].fill(np.nan)),
        "stage 'softmax': expected finite numbers",
    ),
}


@pytest.mark.parametrize(("spoil", "message"), BAD_DATA.values(), ids=BAD_DATA)
def test_bad_data_give_one_line_and_leave_nothing(spoil, message, tiny, capsys):
    spoil()
    assert message in refused(main, ["img_bow", *QUICK], capsys)


@pytest.mark.parametrize(("arguments", "message"), BAD_USE.values(), ids=BAD_USE)
def test_bad_use_gives_one_line_and_leaves_nothing(arguments, message, tiny, capsys):
    data = [] if "--data" in arguments else ["--data", "cocoqa"]
    assert message in refused(main, [*arguments, *data], capsys)


@pytest.mark.parametrize(("spoil", "message"), BAD_WEIGHTS.values(), ids=BAD_WEIGHTS)
def test_bad_weights_give_one_line_and_leave_nothing(spoil, message, tiny, capsys):
    spoil()
    assert message in refused(main, ["bow", *QUICK, "--weights-from", "old.w.npy"], capsys)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: [a\n", "mine.yml:2: not valid YAML"),
        ("just text\n", "mine.yml:1: "),
        ("", "mine.yml:1: "),
        ("name: a\nname: b\n", "mine.yml:2: not valid YAML: key 'name' twice"),
        (find_model("bow").read_text().replace("momentum", "momentun"), "did you mean 'momentum'?"),
        (find_model("bow").read_text().replace("type: 'sum2'", "type: 'sum3'"), "unknown type 'sum3'"),
        (find_model("bow").read_text().replace("inputs: 'bow'", "inputs: 'bwo'"), "did you mean 'bow'?"),
    ],
    ids=["syntax", "text", "empty", "key twice", "misspelt field", "unknown type", "unknown input"],
)
def test_bad_model_file_gives_one_line_and_leaves_nothing(text, message, tiny, capsys):
    Path("mine.yml").write_text(text)
    assert message in refused(main, ["mine.yml", *QUICK], capsys)


def test_bad_configuration_gives_one_line_and_leaves_nothing(tiny, capsys):
    Path("train.yml").write_text("numEpoch: 2\nbatchSize: many\n")
    arguments = ["bow", "--data", "cocoqa", "--config", "train.yml"]
    assert "train.yml:2: " in refused(main, arguments, capsys)


def stopped(arguments, capsys):
    """The one line that a training ends with which can go on: its state is kept."""
    assert main(arguments) == 2
    printed, error = capsys.readouterr()
    (run,) = Path("results").iterdir()
    assert printed.endswith(f"To go on from the last checkpoint: cocoqa-train --resume {run}\n")
    assert error.count("\n") == 1
    return error


def test_weights_that_run_away_give_one_line(tiny, capsys):
    arguments = ["bow", *QUICK]
    for stage in ("txtDict", "softmax"):
        for field, value in {"learningRate": "1e20", "gradientClip": "0", "weightClip": "0"}.items():
            arguments += ["--set", f"{stage}.{field}={value}"]
    error = stopped(arguments, capsys)
    assert error.startswith("error: epoch 0, batch 2 of 3: the output of stage 'softmax' is not finite")
    assert "lower its learningRate (1e+20) or set its gradientClip" in error


def test_a_batch_that_is_not_finite_ends_training_or_is_skipped(tiny, capsys):
    weights = np.ones(40)
    weights[7] = 1e39  # beyond float32
    write_example_weights("w", {"train": weights, "valid": np.ones(10)})
    arguments = ["bow", *QUICK, "--example-weights", "w"]
    assert main(arguments) == 2
    assert "has the weight 1e+39, which is not finite in float32" in capsys.readouterr().err
    (run,) = train(*arguments, "--on-nan", "skip", output="skipped")
    assert summary_of(run)["training"]["skipped_batches"] == 1
    printed = capsys.readouterr().out
    assert re.search(
        r"Skipped epoch 0, batch \d of 3: an example about image row \d has the weight 1e\+39", printed
    )
    assert "Skipped 1 of 3 batches; loss and rate are those of the others" in printed
