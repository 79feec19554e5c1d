"""cocoqa-report latex and ask, as a user types them."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from refusal import refused
from success import done

from cocoqa_keras.cli.report import main

DOCUMENT = {"cocoqa-report.json", "document.tex", "questions.tex"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with a list of each kind."""
    monkeypatch.chdir(tmp_path)
    Path("questions.txt").write_text("# chosen\n2\n0,100% & more\n")
    Path("new.csv").write_text("0,What is in the zebra?,cat\n1,what is in the picture,\n")
    return tmp_path


@pytest.fixture
def images(img_bow):
    """The images of the test questions."""
    lines = (img_bow / "predictions.jsonl").read_text().splitlines()
    return [json.loads(line)["image"] for line in lines]


def names(folder):
    return {path.name for path in Path(folder).iterdir()}


def test_a_document_of_chosen_questions(folder, img_bow, bow, images, capsys):
    Path("mine").mkdir()
    Image.new("RGB", (4, 3)).save(f"mine/COCO_val2014_{int(images[0]):012}.jpg")
    arguments = ["latex", img_bow, f"bow={bow}", "--questions", "questions.txt", "--pictures", "mine"]
    out = done(main, [*arguments, "--output", "out"], capsys)
    assert out == "2 questions; make a PDF with: cd out && pdflatex document.tex\n"
    assert names("out") == DOCUMENT | {"pictures"}
    assert len(names("out/pictures")) == 1
    body = Path("out/questions.tex").read_text()
    assert r"100\% \& more" in body
    assert body.count("\\par bow:\n") == 2
    assert body.count("answer{") == 2 * 2 * 3
    done(main, [*arguments, "--output", "out", "--top-k", "1"], capsys)
    assert Path("out/questions.tex").read_text().count("answer{") == 2 * 2


def test_names_of_folders_are_taken_as_they_are(folder, bow, capsys):
    run = Path(shutil.copytree(bow, "rate=0.1"))
    arguments = ["latex", run, "--questions", "questions.txt", "--output", "it's mine; rm"]
    out = done(main, arguments, capsys)
    assert out == "2 questions; make a PDF with: cd 'it'\"'\"'s mine; rm' && pdflatex document.tex\n"
    assert "rate-0.1 answered" in Path("it's mine; rm/document.tex").read_text()


def test_a_page_of_new_questions(folder, img_bow, bow, images, capsys):
    annotations = {"images": [{"id": int(images[0]), "coco_url": "http://host/1.jpg"}]}
    Path("instances.json").write_text(json.dumps(annotations))
    arguments = ["ask", "new.csv", f"img_bow={img_bow}", f"bow={bow}"]
    assert done(main, [*arguments, "--annotations", "instances.json"], capsys) == "Open answers/index.html\n"
    assert names("answers") == {"cocoqa-report.json", "index.html"}
    page = Path("answers/index.html").read_text()
    assert "What is in the zebra?" in page
    assert "unknown to img_bow, bow: zebra" in page
    assert 'src="http://host/1.jpg"' in page


def test_a_document_of_new_questions(folder, img_bow, capsys):
    arguments = ["ask", "new.csv", f"img_bow={img_bow}", "--format", "latex", "--top-k", "2"]
    out = done(main, arguments, capsys)
    assert out == "2 questions; make a PDF with: cd answers && pdflatex document.tex\n"
    assert names("answers") == DOCUMENT
    body = Path("answers/questions.tex").read_text()
    assert "What is in the zebra?" in body
    assert body.count(r"\openanswer{") == 2


def test_data_that_have_moved_are_given(folder, img_bow, tiny_original, capsys):
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    for path in img_bow.iterdir():
        if path.is_file():
            (elsewhere / path.name).write_bytes(path.read_bytes())
    summary = json.loads((elsewhere / "run.json").read_text())
    summary["data"].update(folder="gone", features="gone.h5")
    (elsewhere / "run.json").write_text(json.dumps(summary))
    message = refused(main, ["ask", "new.csv", f"m={elsewhere}"], capsys)
    assert "its data, gone, are not there; give --data" in message
    done(main, ["ask", "new.csv", f"m={elsewhere}", "--data", tiny_original / "cocoqa"], capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["latex", "RUN"], "--questions"),
        (["latex", "--questions", "questions.txt"], "[NAME=]RUN"),
        (["latex", "nowhere", "--questions", "questions.txt"], "write NAME=RUN"),
        (["latex", ".", "--questions", "questions.txt"], "not the folder of a finished run"),
        (["latex", "a=RUN", "a=RUN", "--questions", "questions.txt"], "the name 'a' is given twice"),
        (
            ["latex", "RUN", "--questions", "nowhere.txt"],
            "cannot read nowhere.txt: No such file or directory; check the path",
        ),
        (["latex", "RUN", "--questions", "bad.txt"], "bad.txt, line 2: '12' is not the number"),
        (["latex", "RUN", "--questions", "questions.txt", "--output", "."], "is not a report"),
        (["latex", "RUN", "--questions", "questions.txt", "--pictures", "nowhere"], "cannot read nowhere"),
        (
            ["latex", "RUN", "--questions", "questions.txt", "--annotations", "new.csv"],
            "new.csv, line 1: not valid JSON",
        ),
        (["latex", "RUN", "--questions", "questions.txt", "--top-k", "0"], "--top-k"),
        (["ask", "new.csv"], "NAME=RUN"),
        (["ask", "new.csv", "RUN"], "write NAME=RUN"),
        (["ask", "questions.txt", "a=RUN"], "questions.txt, line 2: has 1 fields"),
        (["ask", "new.csv", "a=RUN", "--format", "word"], "--format"),
        (["ask", "new.csv", "a=nowhere", "--format", "latex", "--embed"], "--embed is for pages"),
        (["ask", "new.csv", "a=RUN", "--output", "."], "is not a report"),
        (["ask", "new.csv", "a=RUN", "--data", "nowhere"], "no folder nowhere; check the path"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_one_line_and_write_nothing(folder, img_bow, capsys, arguments, message):
    Path("bad.txt").write_text("0\n12\n")
    assert message in refused(main, [each.replace("RUN", str(img_bow)) for each in arguments], capsys)
