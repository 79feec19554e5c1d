"""cocoqa-export: what it writes from a run or from weights alone, and how a mistake is answered."""

import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from quick_run import trained

from cocoqa_keras import load_dataset, load_run
from cocoqa_keras.cli.export import main
from cocoqa_keras.data.features import SparseFeatures
from cocoqa_keras.data.formats import read_weights

QUESTION = "What is the COLOR of the horse?"


@pytest.fixture
def run(img_bow, tmp_path):
    """A copy of a run of IMG+BOW, to be written into."""
    return shutil.copytree(img_bow, tmp_path / img_bow.name)


def export(*arguments):
    assert main([str(argument) for argument in arguments]) == 0


def probabilities_of(run, question, image):
    return run.model({"question": question, "image": image}, training=False).numpy()


def ask(folder, image):
    """The best answer of a SavedModel and its score."""
    model = tf.saved_model.load(folder)
    outputs = model.signatures["answer"](question=tf.constant([QUESTION]), image=tf.constant(image))
    return outputs["answers"].numpy()[0, 0].decode(), outputs["scores"].numpy()[0, 0]


def assert_answers_as(run_folder, saved_model):
    """The SavedModel answers as the run does."""
    run = load_run(run_folder)
    image = np.random.RandomState(0).uniform(0, 1, (1, 6)).astype("float32")
    ids = [run.question_words.encode(["what", "is", "the", "color", "of", "the", "horse"])]
    probabilities = probabilities_of(run, np.array(ids, "int32"), image)[0]
    answer, score = ask(saved_model, image)
    assert score == pytest.approx(probabilities.max(), abs=1e-6)
    assert answer == run.answers.word_of(int(probabilities.argmax()))


# From a run.


def test_a_run_gets_a_saved_model(run, capsys):
    export(run)
    written = run / "saved_model"
    assert capsys.readouterr() == (f"Wrote {written}\nNext: cocoqa-serve {written}\n", "")
    assert_answers_as(run, run / "saved_model")


def test_exporting_again_replaces_the_saved_model(run):
    for _ in range(2):
        export(run)
    assert_answers_as(run, run / "saved_model")


def test_output_is_what_is_written(run, img_bow, tmp_path):
    export(run, "--output", tmp_path / "served" / "1")
    assert_answers_as(run, tmp_path / "served" / "1")
    assert {path.name for path in run.iterdir()} == {path.name for path in img_bow.iterdir()}


def test_a_keras_file_has_the_model_and_no_optimizer(run):
    export(run, "--format", "keras")
    model = keras.saving.load_model(run / "inference.keras")
    assert getattr(model, "optimizer", None) is None
    assert (run / "inference.keras").stat().st_size < (run / "model.keras").stat().st_size
    for weight, expected in zip(model.get_weights(), load_run(run).model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_weights_are_those_that_training_wrote(run):
    export(run, "--format", "weights")
    written, kept = read_weights(run / "model.w.npy"), read_weights(run / f"{run.name}.w.npy")
    assert len(written) == len(kept)
    for entry, expected in zip(written, kept, strict=True):
        np.testing.assert_array_equal(entry, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_have_the_precision_asked_for(run, tmp_path, dtype):
    export(run, "--format", "weights", "--dtype", dtype, "--output", tmp_path / "asked.w.npy")
    matrices = [entry for entry in read_weights(tmp_path / "asked.w.npy") if not isinstance(entry, int)]
    assert [matrix.dtype.name for matrix in matrices] == [dtype, dtype]


def test_a_tflite_file_is_written(run):
    export(run, "--format", "tflite")
    assert (run / "model.tflite").read_bytes()[4:8] == b"TFL3"


def test_an_onnx_file_is_written(run):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("tf2onnx")
    export(run, "--format", "onnx")
    assert [output.name for output in onnx.load(run / "model.onnx").graph.output] == ["probabilities"]


def test_a_recurrent_run_is_served_too(tiny):
    folder = trained("vis_lstm", tiny / "results", "--data", "cocoqa", "--no-export")
    export(folder)
    assert_answers_as(folder, folder / "saved_model")


# From weights alone.


def test_weights_model_file_and_data_make_the_saved_model_of_the_run(run, tiny):
    weights = run / f"{run.name}.w.npy"
    export("--weights", weights, "--spec", "img_bow", "--data", "cocoqa", "--output", "served")
    assert_answers_as(run, "served")


def test_features_may_lie_elsewhere(run, tiny):
    features = Path("hidden_oxford_mscoco.h5").rename("moved.h5")
    arguments = ["--weights", run / f"{run.name}.w.npy", "--spec", "img_bow", "--data", "cocoqa"]
    export(*arguments, "--features", features, "--output", "served")
    assert_answers_as(run, "served")


@pytest.mark.parametrize("name", ["bow", "img_bow", "vis_lstm", "2_vis_blstm"])
def test_weights_of_the_2015_program_answer_as_there(mini, tmp_path, name):
    arguments = [
        "--weights",
        mini / f"{name}_mini.w.npy",
        "--spec",
        mini / "models" / f"{name}_mini.model.yml",
    ]
    export(*arguments, "--data", mini / "data", "--output", tmp_path / "served")
    model = tf.saved_model.load(tmp_path / "served")
    test = load_dataset(mini / "data").test
    with SparseFeatures(mini / "data" / "hidden_mini.h5") as features:
        inputs = {"question": test.questions, "image": features.read(test.image_ids - 1)}
    serve = model.signatures["serving_default"]
    _, taken = serve.structured_input_signature
    outputs = serve(**{key: tf.constant(inputs[key]) for key in taken})["probabilities"]
    expected = np.load(mini / f"{name}_mini.golden.npz")["phase2/testY"]
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


# Mistakes.


def assert_one_line(arguments, message, capsys):
    assert main([str(argument) for argument in arguments]) == 2
    printed, error = capsys.readouterr()
    assert printed == ""
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give the folder of a run, or --weights"),
        (["run", "--weights", "a.w.npy"], "one of them"),
        (["nowhere"], "nowhere is not the folder of a finished run"),
        (["run", "--format", "pickle"], "pickle"),
        (["run", "--spec", "bow"], "--spec, --data and --features go with --weights"),
        (["run", "--dtype", "float64"], "--dtype goes with --format weights"),
        (["run", "--format", "keras", "--output", "model.h5"], "a name that ends with .keras"),
        (["--weights", "a.w.npy", "--output", "served"], "--weights also needs --spec"),
        (["--weights", "a.w.npy", "--spec", "bow"], "and --output"),
        (["--weights", "a.w.npy", "--spec", "bow", "--output", "served"], "cannot read a.w.npy"),
    ],
)
def test_bad_use_gives_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert_one_line(arguments, message, capsys)
    assert not list(tmp_path.iterdir())


def test_weights_are_not_converted_into_themselves(run, tiny, capsys):
    arguments = ["--weights", run / f"{run.name}.w.npy", "--spec", "img_bow", "--data", "cocoqa"]
    message = "in the layout of --format weights already"
    assert_one_line([*arguments, "--format", "weights", "--output", "again.w.npy"], message, capsys)


def test_weights_of_another_model_are_refused(run, tiny, capsys):
    arguments = ["--weights", run / f"{run.name}.w.npy", "--spec", "bow", "--data", "cocoqa"]
    assert_one_line([*arguments, "--output", "served"], ".w.npy", capsys)
    assert not Path("served").exists()


def test_a_folder_of_other_things_is_left_alone(run, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    assert_one_line([run, "--output", tmp_path / "mine"], "exists and is not a SavedModel", capsys)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


# The command itself.


def test_help_loads_no_tensorflow():
    code = "import sys; from cocoqa_keras.cli.export import main; main(['--help']); "
    code += "sys.exit(bool({'tensorflow', 'keras', 'numpy'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("Usage:")
