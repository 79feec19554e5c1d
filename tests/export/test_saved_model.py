"""SavedModels: what TensorFlow alone makes of every model of the package, and what is left on disk."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from cocoqa_keras.data.vocabulary import Vocabulary, tokenize
from cocoqa_keras.errors import InputError
from cocoqa_keras.export.saved_model import write_saved_model
from cocoqa_keras.models.builder import build_model
from cocoqa_keras.models.sizes import DatasetInfo
from cocoqa_keras.models.zoo import find_model, list_models
from cocoqa_keras.spec import load_spec
from cocoqa_keras.training.costs import cost_of
from cocoqa_keras.training.optimizer import StagewiseSGD

WORDS = Vocabulary(("what", "is", "the", "color", "of", "cat", "how", "many", "dogs", "UNK"), 1)
ANSWERS = Vocabulary(("red", "blue", "cat", "two", "three", "kitchen", "UNK"), 0)
WIDTH = 8
LONGEST = 55  # words of a question, where the questions that the models are built for have 6
COUNT = 1000
BATCHES = {"all": (0, COUNT), "one": (COUNT - 1, COUNT), "empty": (0, 1), "none": (0, 0)}


def info_of(words=WORDS, answers=ANSWERS, width=WIDTH):
    random = np.random.RandomState(0)
    mean, std = random.uniform(0, 1, width), random.uniform(1, 2, width)
    return DatasetInfo(len(words), len(answers), 6, 9, width, mean, std)


def lively(model):
    """The model with weights so large that its answers differ from question to question."""
    random = np.random.RandomState(1)
    for weight in model.trainable_weights:
        weight.assign(random.standard_normal(weight.shape) * 0.7)
    return model


def probabilities_of(model, questions, images):
    """The model's own, question by question of equal length."""
    ids = [WORDS.encode(tokenize(question)) for question in questions]
    table = np.zeros((len(ids), max(map(len, ids), default=0)), "int32")
    for row, words in zip(table, ids, strict=True):
        row[: len(words)] = words
    inputs = {"question": table, "image": images}
    return model({name: tf.constant(inputs[name]) for name in model.input}, training=False).numpy()


def assert_best_answers(answers, scores, probabilities):
    """The best answers, best first, whichever of two equal ones comes first."""
    count = min(5, probabilities.shape[1])
    assert answers.shape == scores.shape == (len(probabilities), count)
    best = np.sort(probabilities, axis=1)[:, ::-1][:, :count]
    np.testing.assert_allclose(scores, best, atol=1e-6)
    ids = np.array([[ANSWERS.id_of(answer) for answer in row] for row in answers.tolist()], int)
    ids = ids.reshape(-1, count)
    np.testing.assert_allclose(np.take_along_axis(probabilities, ids, 1), best, atol=1e-6)
    assert all(len(set(row)) == count for row in ids.tolist())


# What another program gets, which has TensorFlow and numpy.


def make_questions():
    """Of no word, of 1 to 55 known and unknown words, in capitals, with and without `?`."""
    random = np.random.RandomState(2)
    questions = ["", "?", "What is the COLOR of the cat ?", "WHAT", "what is the zebra", "zebra?"]
    while len(questions) < COUNT:
        words = random.choice([*WORDS.words, "zebra"], len(questions) % LONGEST + 1).tolist()
        words = [word.upper() if random.randint(3) == 0 else word for word in words]
        questions.append(" ".join(words) + random.choice(["", "?", " ?"]))
    return questions


STRANGER = """
import sys
hidden = ("cocoqa_keras", "keras", "scipy", "h5py", "pandas", "pydantic", "yaml")
sys.modules.update(dict.fromkeys(hidden))  # none of them can be imported
import json, numpy as np, tensorflow as tf

folder, *names = sys.argv[1:]
questions = json.load(open(f"{folder}/questions.json"))
arrays = np.load(f"{folder}/inputs.npz")

def call(signature, **inputs):
    _, taken = signature.structured_input_signature
    outputs = signature(**{name: tf.constant(inputs[name], taken[name].dtype) for name in taken})
    return {name: value.numpy() for name, value in outputs.items()}

for name in names:
    model = tf.saved_model.load(f"{folder}/{name}")
    assert sorted(model.signatures) == ["answer", "serving_default"]
    answer = model.signatures["answer"]
    results = call(model.signatures["serving_default"], question=arrays["ids"], image=arrays["image"][:3])
    for batch, (start, end) in json.load(open(f"{folder}/batches.json")).items():
        outputs = call(answer, question=questions[start:end], image=arrays["image"][start:end])
        results.update({f"{key} {batch}": value for key, value in outputs.items()})
    results = {key: value.astype("S") if value.dtype == object else value for key, value in results.items()}
    np.savez(f"{folder}/{name}.npz", **results)
"""


@pytest.fixture(scope="module")
def questions():
    return make_questions()


@pytest.fixture(scope="module")
def images():
    return np.random.RandomState(3).uniform(0, 1, (COUNT, WIDTH)).astype("float32")


@pytest.fixture(scope="module")
def models(tiny_spec):
    return {name: lively(build_model(tiny_spec(name), info_of())) for name in list_models()}


IDS = np.array([[1, 2, 3, 10, 0], [6, 0, 0, 0, 0], [0, 0, 0, 0, 0]], "int32")


@pytest.fixture(scope="module")
def told(models, questions, images, tmp_path_factory):
    """By name of the model, what a program without our package is told by the SavedModel."""
    folder = tmp_path_factory.mktemp("exported")
    for name, model in models.items():
        write_saved_model(folder / name, model, WORDS, ANSWERS)
    (folder / "questions.json").write_text(json.dumps(questions))
    (folder / "batches.json").write_text(json.dumps(BATCHES))
    np.savez(folder / "inputs.npz", ids=IDS, image=images)
    subprocess.run(
        [sys.executable, "-c", STRANGER, folder, *models], cwd=folder, check=True, capture_output=True
    )
    return {name: dict(np.load(folder / f"{name}.npz")) for name in models}


@pytest.mark.parametrize("name", list_models())
def test_tensorflow_alone_gives_the_probabilities_of_the_model(told, models, images, name):
    inputs = {"question": IDS, "image": images[:3]}
    expected = models[name]({key: tf.constant(inputs[key]) for key in models[name].input}, training=False)
    np.testing.assert_allclose(told[name]["probabilities"], expected, atol=1e-6)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", list_models())
def test_tensorflow_alone_answers_a_thousand_questions_one_an_empty_one_and_none(
    told, models, questions, images, name, batch
):
    start, end = BATCHES[batch]
    answers, scores = told[name][f"answers {batch}"], told[name][f"scores {batch}"]
    probabilities = probabilities_of(models[name], questions[start:end], images[start:end])
    assert_best_answers(np.char.decode(answers, "utf-8"), scores, probabilities)


@pytest.mark.parametrize("name", list_models())
def test_answers_belong_to_their_questions(told, name):
    # So different from each other that another order in the tests above would not pass.
    assert len(np.unique(told[name]["scores all"].round(4), axis=0)) > COUNT / 2


# What a SavedModel tells of itself.


@pytest.fixture
def img_bow(models):
    return models["img_bow"]


def interface_of(signature):
    """Names of inputs and outputs, with their dtypes and shapes."""
    _, inputs = signature.structured_input_signature
    return {
        kind: {name: {"dtype": s.dtype.name, "shape": s.shape.as_list()} for name, s in specs.items()}
        for kind, specs in (("inputs", inputs), ("outputs", signature.structured_outputs))
    }


IMAGE = {"dtype": "float32", "shape": [None, WIDTH]}


@pytest.mark.parametrize(("name", "image"), [("img_bow", {"image": IMAGE}), ("bow", {})])
def test_signature_json_tells_the_inputs_and_outputs_that_the_model_has(tmp_path, models, name, image):
    write_saved_model(tmp_path / "model", models[name], WORDS, ANSWERS)
    signatures = json.loads((tmp_path / "model" / "signature.json").read_text())["signatures"]
    assert signatures == {
        "serving_default": {
            "inputs": {"question": {"dtype": "int32", "shape": [None, None]}, **image},
            "outputs": {"probabilities": {"dtype": "float32", "shape": [None, 7]}},
        },
        "answer": {
            "inputs": {"question": {"dtype": "string", "shape": [None]}, **image},
            "outputs": {
                "answers": {"dtype": "string", "shape": [None, 5]},
                "scores": {"dtype": "float32", "shape": [None, 5]},
            },
        },
    }
    loaded = tf.saved_model.load(tmp_path / "model")
    assert {key: interface_of(signature) for key, signature in loaded.signatures.items()} == signatures


def test_signature_json_tells_vocabularies_apart(tmp_path, img_bow):
    write_saved_model(tmp_path / "model", img_bow, WORDS, ANSWERS)
    told = json.loads((tmp_path / "model" / "signature.json").read_text())
    text = b"what\nis\nthe\ncolor\nof\ncat\nhow\nmany\ndogs\nUNK\n"
    assert told["question_words"] == {
        "count": 10,
        "first_id": 1,
        "sha256": hashlib.sha256(text).hexdigest(),
    }
    assert (told["answers"]["count"], told["answers"]["first_id"]) == (7, 0)
    assert told["answers"]["sha256"] != told["question_words"]["sha256"]
    assert told["versions"]["tensorflow"] == tf.__version__


def test_the_same_model_is_exported_to_the_same_signatures_and_weights(tmp_path, img_bow):
    contents = []
    for name in ("first", "second"):
        write_saved_model(tmp_path / name, img_bow, WORDS, ANSWERS)
        variables = str(tmp_path / name / "variables" / "variables")
        weights = {
            key: tf.train.load_variable(variables, key).tobytes()
            for key, _ in tf.train.list_variables(variables)
            if key != "_CHECKPOINTABLE_OBJECT_GRAPH"
        }
        contents.append((weights, (tmp_path / name / "signature.json").read_text()))
    assert contents[0] == contents[1]
    assert len(contents[0][0]) == len(img_bow.weights)


# Models of other kinds.


def served_by(folder, signature="answer"):
    loaded = tf.saved_model.load(folder)
    call = loaded.signatures[signature]
    call.loaded = loaded  # a signature does not keep its variables alive
    return call


def test_fewer_answers_than_five_are_all_given(tmp_path, tiny_spec):
    answers = Vocabulary(("red", "blue", "UNK"), 0)
    model = lively(build_model(tiny_spec("bow"), info_of(answers=answers)))
    write_saved_model(tmp_path / "model", model, WORDS, answers)
    outputs = served_by(tmp_path / "model")(question=tf.constant(["what is it"]))
    assert sorted(outputs["answers"].numpy()[0].tolist()) == [b"UNK", b"blue", b"red"]
    assert outputs["scores"].numpy().sum() == pytest.approx(1)


@pytest.mark.parametrize("name", ["img_bow", "2_vis_blstm"])
def test_a_model_of_double_precision_is_served_in_single(
    tmp_path, tiny_spec, float64, questions, images, name
):
    model = lively(build_model(tiny_spec(name), info_of()))
    assert model.output.dtype == "float64"
    write_saved_model(tmp_path / "model", model, WORDS, ANSWERS)
    outputs = served_by(tmp_path / "model")(
        question=tf.constant(questions[:99]), image=tf.constant(images[:99])
    )
    assert outputs["scores"].dtype == tf.float32
    expected = probabilities_of(model, questions[:99], images[:99].astype("float64"))
    best = np.sort(expected, axis=1)[:, ::-1][:, :5]
    np.testing.assert_allclose(outputs["scores"], best, rtol=1e-6)  # single precision would be off by more


IMAGE_ONLY = """\
name: 'img'
costFn: 'crossEntIdx'
stages: [imgSel, imgFeat, softmax]
outputs: softmax
specs:
  - {name: imgSel, type: selector, inputs: input, start: 0, end: 1, axis: 1}
  - {name: imgFeat, type: lut, inputs: imgSel, inputDim: 9, outputDim: 8, format: h5, sparse: true}
  - {name: softmax, type: map, inputs: imgFeat, outputDim: 7, activeFn: softmax}
"""


def test_a_model_of_the_image_alone_is_asked_no_question(tmp_path, images):
    (tmp_path / "img.yml").write_text(IMAGE_ONLY)
    model = lively(build_model(load_spec(tmp_path / "img.yml"), info_of()))
    write_saved_model(tmp_path / "model", model, WORDS, ANSWERS)
    outputs = served_by(tmp_path / "model")(image=tf.constant(images))
    probabilities = model({"image": images}, training=False).numpy()
    assert_best_answers(outputs["answers"].numpy().astype(str), outputs["scores"].numpy(), probabilities)


def test_a_model_in_training_is_exported_as_it_is_without_its_optimizer(tmp_path, tiny_spec, images):
    spec = tiny_spec("img_bow")
    model = lively(build_model(spec, info_of()))
    model.compile(StagewiseSGD.from_spec(spec), cost_of(spec), jit_compile=False)
    for word in (1, 2, 3, 1):  # a row moves on while others are trained
        question = np.full((4, 2), word, "int32")
        model.train_on_batch({"question": question, "image": images[:4]}, np.arange(4))
    questions = ["what is", "the cat", "is the what", "what is the color of the cat"]
    expected = probabilities_of(model, questions, images[:4])  # by the model in motion
    write_saved_model(tmp_path / "model", model, WORDS, ANSWERS)
    outputs = served_by(tmp_path / "model")(question=tf.constant(questions), image=tf.constant(images[:4]))
    assert_best_answers(outputs["answers"].numpy().astype(str), outputs["scores"].numpy(), expected)
    saved = tf.train.list_variables(str(tmp_path / "model" / "variables" / "variables"))
    shapes = sorted(tuple(shape) for name, shape in saved if name != "_CHECKPOINTABLE_OBJECT_GRAPH")
    assert shapes == sorted(tuple(weight.shape) for weight in model.weights)
    np.testing.assert_allclose(probabilities_of(model, questions, images[:4]), expected, atol=1e-6)


def test_img_bow_of_full_size_is_below_40_megabytes(tmp_path):
    words = Vocabulary((*(f"word{number}" for number in range(9737)), "UNK"), 1)
    answers = Vocabulary((*(f"answer{number}" for number in range(430)), "UNK"), 0)
    model = build_model(load_spec(find_model("img_bow")), info_of(words, answers, 4096))
    model.compile("sgd")
    write_saved_model(tmp_path / "model", model, words, answers)
    size = sum(path.stat().st_size for path in (tmp_path / "model").rglob("*"))
    assert 4 * model.count_params() < size < 40e6


@pytest.mark.parametrize("endpoint", ["serving_default", "answer"])
def test_keras_takes_it_as_a_layer(tmp_path, img_bow, images, endpoint):
    write_saved_model(tmp_path / "model", img_bow, WORDS, ANSWERS)
    layer = keras.layers.TFSMLayer(tmp_path / "model", call_endpoint=endpoint)
    question = {"serving_default": [[1, 2, 3]], "answer": ["what is the"]}[endpoint]
    outputs = layer({"question": tf.constant(question), "image": tf.constant(images[:1])})
    expected = probabilities_of(img_bow, ["what is the"], images[:1])
    key = "probabilities" if endpoint == "serving_default" else "scores"
    assert outputs[key].numpy().max() == pytest.approx(expected.max(), abs=1e-6)


# Folders.


def contents_of(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def test_an_older_saved_model_is_replaced_whole(tmp_path, models):
    folder = tmp_path / "model"
    write_saved_model(folder, models["bow"], WORDS, ANSWERS)
    (folder / "assets" / "old.txt").write_text("of the older one")
    write_saved_model(folder, models["img_bow"], WORDS, ANSWERS)
    assert "image" in served_by(folder).structured_input_signature[1]
    assert Path("assets/old.txt") not in contents_of(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_an_empty_folder_and_missing_parents_are_no_hindrance(tmp_path, img_bow):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "new" / "model"):
        write_saved_model(folder, img_bow, WORDS, ANSWERS)
        assert (folder / "saved_model.pb").is_file()


def refuse(message, *arguments):
    with pytest.raises(InputError, match=message) as caught:
        write_saved_model(*arguments)
    assert len(str(caught.value).splitlines()) == 1


def test_a_folder_of_other_things_is_refused_and_left_alone(tmp_path, img_bow):
    (tmp_path / "thesis.txt").write_text("all of it")
    for path in (tmp_path, tmp_path / "thesis.txt"):
        refuse("exists and is not a SavedModel; choose another", path, img_bow, WORDS, ANSWERS)
    assert (tmp_path / "thesis.txt").read_text() == "all of it"


def test_a_place_that_cannot_be_written_to_is_told(tmp_path, img_bow):
    (tmp_path / "file").write_text("")
    refuse(r"cannot write .*file/model", tmp_path / "file" / "model", img_bow, WORDS, ANSWERS)


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_what_is_cut_short_leaves_things_as_they_were(tmp_path, models, monkeypatch, error, is_there):
    folder = tmp_path / "model"
    if is_there:
        write_saved_model(folder, models["bow"], WORDS, ANSWERS)
    before = contents_of(tmp_path)
    save = tf.saved_model.save

    def cut_short(*arguments, **keywords):
        save(*arguments, **keywords)
        raise error

    monkeypatch.setattr(tf.saved_model, "save", cut_short)
    with pytest.raises((KeyboardInterrupt, InputError)):
        write_saved_model(folder, models["img_bow"], WORDS, ANSWERS)
    assert contents_of(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == ({"model"} if is_there else set())


# What cannot be exported.


def test_other_answers_than_the_model_has_are_refused(tmp_path, img_bow):
    answers = Vocabulary(("red", "UNK"), 0)
    refuse("has 7 outputs, and there are 2 answers", tmp_path / "model", img_bow, WORDS, answers)
    assert not list(tmp_path.iterdir())


def test_other_words_than_the_model_knows_are_refused(tmp_path, img_bow):
    words = Vocabulary(("red", "UNK"), 1)
    message = "stage 'txtDict': it knows 10 words, and there are 2"
    refuse(message, tmp_path / "model", img_bow, words, ANSWERS)


def test_a_model_of_something_else_is_refused(tmp_path):
    numbers = keras.Input((3,))
    model = keras.Model(numbers, keras.layers.Dense(7)(numbers))
    refuse("only a model that slices 'input'", tmp_path / "model", model, WORDS, ANSWERS)
