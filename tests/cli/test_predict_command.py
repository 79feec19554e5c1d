"""cocoqa-predict: answers as a table, as JSON, line by line, and how a mistake is answered."""

import json
import shutil
import subprocess
import sys

import pytest
from quick_run import trained
from refusal import refused
from success import done

from cocoqa_keras import load_run
from cocoqa_keras.cli.predict import main
from cocoqa_keras.data.demo import demo_folder
from cocoqa_keras.data.features_writer import write_features
from cocoqa_keras.evaluation import queries as queries_module
from cocoqa_keras.evaluation.answerer import Answerer
from cocoqa_keras.evaluation.image_source import ImageSource

QUESTION = "what is the color of the cat"


@pytest.fixture(autouse=True)
def working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where there are no data


@pytest.fixture
def answers_of(img_bow, tiny_original):
    """What the run's model answers, as the command writes it."""
    finished = load_run(img_bow)
    images = ImageSource.open(finished.spec, tiny_original / "cocoqa")
    answerer = Answerer(finished.model, finished.question_words, finished.answers, images)

    def answers(question, image, top_k=5):
        best = answerer.answer([question], [image], top_k)
        return [
            {"answer": answer, "score": pytest.approx(score)}
            for answer, score in zip(best.answers[0], best.scores[0].tolist(), strict=True)
        ]

    return answers


# One question.


def test_answers_and_scores_are_a_table(img_bow, answers_of, capsys):
    lines = done(main, [img_bow, "--question", QUESTION, "--image", "2"], capsys).splitlines()
    assert lines[:2] == [QUESTION, "  answer   score"]
    assert [tuple(line.split()) for line in lines[2:]] == [
        (entry["answer"], f"{entry['score'].expected:.4f}") for entry in answers_of(QUESTION, 2)
    ]


def test_words_that_the_model_does_not_know_are_told(bow, capsys):
    out = done(main, [bow, "--question", "What is a [red] zebra ?"], capsys)
    assert out.splitlines()[0] == "What is a [red] zebra ?"
    assert out.splitlines()[-1] == "Words that the model does not know: a, [red], zebra"
    assert "does not know" not in done(main, [bow, "--question", QUESTION], capsys)


@pytest.mark.parametrize("image", ["2", "coco:205"])
def test_json_holds_question_image_and_answers(img_bow, answers_of, capsys, image):
    result = json.loads(
        done(main, [img_bow, "--question", f"{QUESTION}?", "--image", image, "--json"], capsys)
    )
    assert result == {
        "question": f"{QUESTION}?",
        "image": image,
        "unknown_words": [],
        "answers": answers_of(QUESTION, 2),
    }


def test_a_model_without_image_needs_none(bow, capsys):
    result = json.loads(done(main, [bow, "--question", "what", "--json", "--top-k", "2"], capsys))
    assert len(result["answers"]) == 2
    assert "image" not in result


def test_data_and_features_may_have_moved(img_bow, tiny_original, tmp_path, answers_of, capsys):
    folder = shutil.copytree(img_bow, tmp_path / "run")
    summary = json.loads((folder / "run.json").read_text())
    summary["data"].update(folder="gone", features="gone.h5")
    (folder / "run.json").write_text(json.dumps(summary))
    shutil.copytree(tiny_original / "cocoqa", tmp_path / "cocoqa")
    moved = shutil.copy(tiny_original / "hidden_oxford_mscoco.h5", tmp_path / "moved.h5")
    ask = (folder, "--question", QUESTION, "--image", "coco:309", "--json")
    assert "its data, gone, are not there; give --data" in refused(main, ask, capsys)
    out = done(main, [*ask, "--data", tmp_path / "cocoqa", "--features", moved], capsys)
    assert json.loads(out)["answers"] == answers_of(QUESTION, 3)


def test_images_of_another_data_set_are_not_taken_for_those_of_the_training(img_bow, tiny, capsys):
    """There is a data set where one is looked for by default."""
    shutil.copytree(tiny / "cocoqa", tiny / "data" / "cocoqa")
    folder = shutil.copytree(img_bow, tiny / "run")
    summary = json.loads((folder / "run.json").read_text())
    del summary["data"]
    (folder / "run.json").write_text(json.dumps(summary))
    error = refused(main, [folder, "--question", "what", "--image", "1"], capsys)
    assert "run.json does not tell what the run was trained on; give --data" in error


def test_a_model_without_image_needs_no_data(bow, tmp_path, capsys):
    folder = shutil.copytree(bow, tmp_path / "run")
    summary = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(summary | {"data": {"folder": "gone"}}))
    expected = done(main, [bow, "--question", "what"], capsys)
    assert done(main, [folder, "--question", "what"], capsys) == expected
    error = refused(main, [bow, "--question", "what", "--features", "some.h5"], capsys)
    assert "takes no image features; leave some.h5 out" in error


# Many questions.


def write_lines(path, lines):
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return path


@pytest.mark.parametrize("batch_size", [2, 1000])
def test_many_questions_are_answered_line_by_line(
    img_bow, answers_of, tmp_path, monkeypatch, capsys, batch_size
):
    monkeypatch.setattr(queries_module, "BATCH_SIZE", batch_size)
    queries = [
        {"question": QUESTION, "image": 1, "id": "first"},
        {"question": "What is in the picture ?", "image": "coco:620"},
        {"question": "cat?", "image": "3"},
    ]
    path = write_lines(tmp_path / "queries.jsonl", [queries[0], "", *queries[1:]])
    lines = done(main, [img_bow, "--input", path, "--top-k", "3"], capsys).splitlines()
    assert [json.loads(line) for line in lines] == [
        {**query, "unknown_words": [], "answers": answers_of(query["question"], query["image"], 3)}
        for query in queries
    ]


def test_no_questions_have_no_answers(bow, tmp_path, capsys):
    assert done(main, [bow, "--input", write_lines(tmp_path / "empty.jsonl", [])], capsys) == ""


def test_a_question_in_any_script_is_answered_on_any_terminal(bow, tmp_path, capsys):
    path = write_lines(tmp_path / "queries.jsonl", [{"question": "什么 \ud800"}])
    out = done(main, [bow, "--input", path], capsys)
    assert out.isascii()
    assert json.loads(out)["unknown_words"] == ["什么", "\ud800"]


# Pictures.


@pytest.mark.slow
def test_a_picture_is_asked_about_with_a_model_of_the_demo_data(tmp_path, capsys):
    folder = trained("img_bow", tmp_path / "results", "--no-export")
    picture = demo_folder() / "images" / "000000000007.png"
    results = [
        json.loads(done(main, [folder, "--question", "what is there", "--image", image, "--json"], capsys))
        for image in (picture, "7", "coco:7", "8")
    ]
    by_picture, by_id, by_coco_id, of_another = [result["answers"] for result in results]
    assert by_picture == by_id == by_coco_id != of_another


# Mistakes.


def test_mistakes_in_use_are_one_line(img_bow, bow, tmp_path, capsys):
    path = write_lines(tmp_path / "queries.jsonl", [])
    for arguments, message in [
        ([img_bow], "give a --question, or many in --input"),
        ([img_bow, "--question", "what", "--input", path], "one of them"),
        ([img_bow, "--input", path, "--image", "1"], "--image goes with --question"),
        ([img_bow, "--question", "what"], "name one"),
        ([img_bow, "--question", "what", "--image", "7"], "no image 7: ids go from 1 to 6"),
        ([img_bow, "--question", "what", "--image", "coco:7"], "no such MS-COCO id"),
        ([img_bow, "--question", "what", "--image", "cat.png"], "not from this program's extractor"),
        ([img_bow, "--question", "what", "--image", "1", "--top-k", "0"], "--top-k"),
        ([bow, "--question", "what", "--image", "1"], "takes no image"),
        ([bow, "--question", "what", "--features", "f.h5"], "takes no image features"),
        ([tmp_path, "--question", "what"], "not the folder of a finished run"),
        ([img_bow, "--input", tmp_path / "nowhere.jsonl"], "nowhere.jsonl: No such file"),
    ]:
        assert message in refused(main, arguments, capsys)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no question in words"),
        ({"image": 1}, "no question in words"),
        ({"question": 5, "image": 1}, "no question in words"),
        ({"qestion": "what", "image": 1}, "no question in words (is it meant by 'qestion'?)"),
        ({"question": " ? ", "image": 1}, "field 'question': has no words"),
        ({"question": "what"}, "no field 'image' that names one, and the model answers about an image"),
        ({"question": "what", "imag": 17}, "no field 'image' that names one (is it meant by 'imag'?)"),
        ({"question": "what", "image": None}, "no field 'image' that names one,"),
        ({"question": "what", "image": True}, "neither a number nor text"),
        ({"question": "what", "image": [1]}, "neither a number nor text"),
        ({"question": "what", "image": 7}, "no image 7"),
    ],
)
def test_a_bad_line_is_named(img_bow, tmp_path, capsys, line, message):
    path = write_lines(tmp_path / "queries.jsonl", [{"question": "what", "image": 1}, line])
    error = refused(main, [img_bow, "--input", path], capsys)
    assert f"{path}, line 2: " in error
    assert message in error


def test_features_of_another_width_are_refused(img_bow, tmp_path, capsys):
    other = tmp_path / "other.h5"
    write_features(other, [[1.0, 0.0], [0.0, 2.0]])
    error = refused(main, [img_bow, "--question", "what", "--image", "1", "--features", other], capsys)
    assert "has 2 features of an image, and model img_bow takes 6" in error


def test_the_command_writes_nothing_but_its_answer(bow):
    """In a process of its own, where TensorFlow would have its say."""
    code = "import sys; from cocoqa_keras.cli.predict import main; sys.exit(main())"
    result = subprocess.run(
        [sys.executable, "-c", code, bow, "--question", "what", "--json"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert len(json.loads(result.stdout)["answers"]) == 5
    assert {path.name for path in bow.parent.iterdir()} == {bow.name}
