"""cocoqa-evaluate: figures with intervals, of one run and of several, and how a mistake is answered."""

import json
import shutil

import numpy as np
import pytest
from quick_run import trained
from refusal import refused
from success import done

from cocoqa_keras import load_dataset, load_run
from cocoqa_keras.baselines.prior_by_type import add_prior_by_type
from cocoqa_keras.cli.evaluate import main
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.formats import read_array, write_pickle
from cocoqa_keras.data.question_types import QuestionType
from cocoqa_keras.evaluation.evaluator import evaluate
from cocoqa_keras.evaluation.wups import similarity_matrix
from cocoqa_keras.training.run_scores import scores_of


@pytest.fixture(scope="module")
def data(tiny_original):
    return tiny_original / "cocoqa"


@pytest.fixture(autouse=True)
def working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def scores(data, bow, img_bow):
    """The scores of both runs on a part of the tiny data set."""
    dataset, runs = load_dataset(data), {folder: load_run(folder) for folder in (bow, img_bow)}

    def score(folder, split="test"):
        with SparseFeatures(data.parent / "hidden_oxford_mscoco.h5") as features:
            return scores_of(runs[folder], dataset, split, features)

    return score


def figures_of(data, scores, split="test"):
    dataset = load_dataset(data)
    answers, types = dataset.split(split).answers, dataset.types_of(split)
    return evaluate(scores, answers, types, similarity_matrix(dataset.answers.words))


def report(capsys, *arguments):
    return json.loads(done(main, [*arguments, "--json"], capsys))


# One run.


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_the_figures_of_a_part_are_a_table(bow, data, scores, capsys, split):
    table, _, _ = done(main, [bow, "--split", split], capsys).partition("Next: ")
    title, heading, *rows = table.splitlines()
    count = len(load_dataset(data).split(split))
    assert title == f"{bow.name}: {count} questions, {split} of {data}"
    assert heading.strip() == "95 % interval"
    expected = figures_of(data, scores(bow, split), split)
    assert [row.split("  ")[1] for row in rows] == list(expected)
    for row, value in zip(rows, expected.values(), strict=True):
        figure, low, to, high = row.split()[-4:]
        assert (figure, to) == (f"{value:.4f}", "to")
        assert float(low) <= float(figure) <= float(high)


def test_the_figures_are_those_that_training_has_left(bow, img_bow, capsys):
    for folder in (bow, img_bow):
        summary = json.loads((folder / "run.json").read_text())
        found = report(capsys, folder)
        assert found["figures"] == pytest.approx(summary["test"])
        assert list(found["figures"]) == list(summary["test"])
        for name, ends in found["intervals"].items():
            assert ends == pytest.approx(summary["test_intervals"][name])
        lines = [f"{name}: {value:.4f}" for name, value in found["figures"].items()]
        assert (folder / "result.txt").read_text().splitlines() == lines
        assert lines[-3].startswith("WUPS 1.0: ")


def test_training_leaves_the_answer_to_every_question(bow, data):
    lines = [json.loads(line) for line in (bow / "predictions.jsonl").read_text().splitlines()]
    dataset = load_dataset(data)
    assert [line["truth"] for line in lines] == dataset.answers.decode(dataset.test.answers.tolist())
    predicted = (bow / f"{bow.name}.test.o.txt").read_text().split()
    assert [line["answers"][0]["answer"] for line in lines] == predicted


def test_files_are_written_where_asked_and_nowhere_else(bow, data, scores, capsys, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in bow.rglob("*")}
    found = report(capsys, bow, "--split", "valid", "--output", tmp_path / "new" / "figures")
    assert {path: path.stat().st_mtime_ns for path in bow.rglob("*")} == before
    folder = tmp_path / "new" / "figures"
    assert json.loads((folder / "figures.json").read_text()) == found
    rate = figures_of(data, scores(bow, "valid"), "valid")["rate"]
    assert (folder / "result.txt").read_text().splitlines()[0] == f"rate: {rate:.4f}"
    assert len((folder / "predictions.jsonl").read_text().splitlines()) == found["questions"]
    heading, *rows = (folder / "confusion.csv").read_text().splitlines()
    assert heading.split(",")[1:-1] == [row.split(",")[0] for row in rows]
    assert sum(int(count) for row in rows for count in row.split(",")[1:]) == found["questions"]
    for name in ("types.png", "confusion.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")


def test_an_older_evaluation_is_replaced_and_nothing_else(bow, capsys, tmp_path):
    folder, run = tmp_path / "figures", shutil.copytree(bow, tmp_path / "run")
    report(capsys, bow, "--split", "valid", "--output", folder)
    (folder / "mine").touch()
    found = report(capsys, bow, "--output", folder)
    assert json.loads((folder / "figures.json").read_text()) == found
    assert (folder / "mine").exists()
    assert f"{run} exists and is not one of cocoqa-evaluate" in refused(main, [bow, "--output", run], capsys)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"data": {}}, "run.json does not tell what the run was trained on; give --data"),
        ({"data": {"folder": 5}}, "run.json, field 'data.folder': should be a valid string; train anew"),
        (
            {"data": {"features": [1]}},
            "run.json, field 'data.features': should be a valid string; train anew",
        ),
        ({"example_weights": 7}, "run.json, field 'example_weights': should be a valid string; train anew"),
    ],
)
def test_a_record_without_data_or_with_other_types_is_refused(img_bow, part, message, tmp_path, capsys):
    copy = shutil.copytree(img_bow, tmp_path / "run")
    summary = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps(summary | part))
    assert message in refused(main, [copy, "--boosting-weights", tmp_path / "w"], capsys)


def test_data_and_features_may_have_moved(img_bow, tiny_original, tmp_path, capsys):
    expected = report(capsys, img_bow)["figures"]
    copy = shutil.copytree(img_bow, tmp_path / "run")
    summary = json.loads((copy / "run.json").read_text())
    summary["data"].update(folder="gone", features="gone.h5")
    (copy / "run.json").write_text(json.dumps(summary))
    assert "give --data" in refused(main, [copy], capsys)
    shutil.copytree(tiny_original / "cocoqa", tmp_path / "cocoqa")
    moved = shutil.copy(tiny_original / "hidden_oxford_mscoco.h5", tmp_path / "moved.h5")
    assert report(capsys, copy, "--data", tmp_path / "cocoqa", "--features", moved)["figures"] == expected


def test_two_runs_are_compared_on_the_same_questions(bow, img_bow, data, scores, capsys):
    found = report(capsys, img_bow, "--against", bow)
    first, second = (figures_of(data, scores(folder)) for folder in (img_bow, bow))
    assert found["differences"] == pytest.approx({name: first[name] - second[name] for name in first})
    out = done(main, [img_bow, "--against", bow], capsys)
    assert f"Difference: from {bow.name}, on the same questions" in out
    assert f"{first['rate'] - second['rate']:+.4f}" in out


# Several runs.


def test_the_mean_of_runs_is_evaluated(bow, img_bow, data, scores, capsys):
    found = report(capsys, "--average", bow, img_bow)
    assert found["models"] == [bow.name, img_bow.name]
    mean = (scores(bow).astype(float) + scores(img_bow)) / 2
    assert found["figures"] == pytest.approx(figures_of(data, mean))


def test_a_run_for_each_type_is_evaluated(bow, img_bow, data, scores, capsys):
    found = report(capsys, "--per-type", f"object={bow}", "--per-type", f"color={img_bow}")
    is_object = load_dataset(data).question_types == QuestionType.OBJECT
    assert found["models"] == [f"object={bow.name}", f"color={img_bow.name}"]
    combined = np.where(is_object[:, None], scores(bow), scores(img_bow))
    assert found["figures"] == pytest.approx(figures_of(data, combined))
    assert "no model answers questions of type color" in refused(
        main, ["--per-type", f"object={bow}"], capsys
    )


def test_the_prior_corrects_the_scores(img_bow, data, scores, capsys):
    plain, corrected = report(capsys, img_bow), report(capsys, img_bow, "--prior")
    assert corrected["figures"]["object"] == plain["figures"]["object"]
    assert corrected["notes"] == ["Corrected by the visual prior"]
    expected = add_prior_by_type(load_dataset(data), scores(img_bow, "valid"), scores(img_bow))
    assert corrected["figures"] == pytest.approx(figures_of(data, expected))


# Other data.


@pytest.fixture
def other_data(data, tmp_path):
    """The same questions with another order of words, and an answer that the runs do not know."""
    folder = shutil.copytree(data, tmp_path / "other" / "cocoqa")
    dataset = load_dataset(data)
    names = [*dataset.answers.words]
    names[names.index("red")] = "crimson"
    write_pickle(folder / "ansdict.pkl", {name: answer for answer, name in enumerate(names)})
    return folder


def test_other_data_are_mapped_by_name(bow, data, other_data, scores, capsys, tmp_path):
    assert "--reindex maps words and answers by name" in refused(main, [bow, "--data", other_data], capsys)
    found = report(capsys, bow, "--data", other_data, "--reindex", "--output", tmp_path / "figures")
    dataset = load_dataset(data)
    answers = dataset.test.answers.copy()
    lost = answers == dataset.answers.id_of("red")
    answers[lost] = dataset.answers.last_id
    assert found["figures"]["rate"] == np.mean(scores(bow).argmax(axis=1) == answers)
    assert found["notes"] == [
        f"{lost.mean():.1%} of the true answers are none of the model's: they count as UNK"
    ]
    lines = (tmp_path / "figures" / "predictions.jsonl").read_text().splitlines()
    assert sum(json.loads(line)["truth"] == "crimson" for line in lines) == lost.sum()


def test_without_similarities_wups_is_left_out_and_a_line_says_why(bow, data, tmp_path, monkeypatch, capsys):
    words = load_dataset(data).answers.words
    names = {word: f"{word}oid" for word in words[:-1]} | {"UNK": "UNK"}
    folder = shutil.copytree(bow, tmp_path / "run")
    moved = shutil.copytree(data, tmp_path / "cocoqa")
    write_pickle(moved / "ansdict.pkl", {names[word]: answer for answer, word in enumerate(words)})
    content = {"first_id": 0, "words": [names[word] for word in words]}
    (folder / "answers.json").write_text(json.dumps(content))
    monkeypatch.setattr("cocoqa_keras.evaluation.wups.find_wordnet", lambda folder: None)
    found = report(capsys, folder, "--data", moved)
    assert list(found["figures"])[-1] == "color"
    assert len(found["notes"]) == 1
    assert found["notes"][0].startswith("WUPS is left out: ")
    assert found["notes"][0] in done(main, [folder, "--data", moved], capsys)


def test_the_next_of_boosted_runs_is_trained_with_weights_that_this_one_gives(bow, data, tmp_path, capsys):
    prefix = tmp_path / "weights" / "second"
    text = done(main, [bow, "--boosting-weights", prefix], capsys)
    assert f"{prefix}-train.npy" in text
    assert "alpha of this run: " in text
    weights = read_array(f"{prefix}-train.npy")
    assert weights.shape == (len(load_dataset(data).train),)
    assert weights.min() < 1 < weights.max()
    options = ("--data", data, "--example-weights", prefix, "--no-export")
    boosted = trained("bow", tmp_path / "runs", *options)
    assert json.loads((boosted / "run.json").read_text())["example_weights"] == str(prefix)


# Mistakes.


def test_mistakes_in_use_are_one_line(bow, img_bow, tmp_path, capsys):
    for arguments, message in [
        ([], "give RUN"),
        ([bow, "--per-type", f"object={bow}"], "one of them"),
        ([bow, img_bow], "--average for their mean"),
        ([bow, "--average"], "takes several runs"),
        (["--per-type", "animal=x"], "object, number, color, location"),
        (["--per-type", "object"], "write TYPE=RUN"),
        (["--per-type", f"object={bow}", "--per-type", f"object={bow}"], "a run for this type already"),
        (["--per-type", f"object={bow}", "--reindex"], "leave --reindex out"),
        ([bow, img_bow, "--average", "--boosting-weights", "w"], "--boosting-weights takes one run"),
        ([bow, "--prior", "--split", "valid"], "--prior is for the test part"),
        ([bow, "--split", "dev"], "--split"),
        ([bow, "--features", "f.h5"], "takes no image features"),
        ([tmp_path], "not the folder of a finished run"),
        ([bow, "--data", tmp_path], "is not an encoded data set"),
        ([bow, "--wordnet", tmp_path], "no WordNet"),
    ]:
        assert message in refused(main, arguments, capsys)
